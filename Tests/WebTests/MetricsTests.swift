import BullpenNode
import Foundation
import Metrics
import Testing

@testable import BullpenWeb

@Suite("What is counted is told to Prometheus")
struct MetricsTests {
  @Test("protocol/metrics.md has every name that is exposed, with its type and labels, and no other")
  func page() async throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../protocol/metrics.md")
    let written = try String(contentsOf: page, encoding: .utf8)
      .matches(of: #/(?m)^\| `([a-z_]+)` \| (\w+) \|([^|]*)\|([^|]*)\|/#)
      .map { row in
        "\(row.1) \(row.2) \(row.4.matches(of: #/`(\w+)`/#).map { String($0.1) })"
      }
    #expect(written == MetricDeclaration.all.map { "\($0.name) \($0.kind) \($0.labels)" })
    try await Served.run { served async throws in
      let exposed = try await served.scrape().matches(of: #/(?m)^# TYPE (\S+) (\w+)$/#).map { "\($0.1) \($0.2)" }
      #expect(exposed == MetricDeclaration.all.map { "\($0.name) \($0.kind)" })
    }
  }

  @Test("only who may read the API may scrape, by the right name")
  func door() async throws {
    try await Served.run { served async throws in
      #expect(try await served.ask(HTTP("GET", "/metrics")).status == 401)
      let browser = try await served.login()
      let cookie = HTTP("GET", "/metrics").with("Cookie", browser.cookie)
      let answer = try await served.ask(cookie)
      #expect((answer.status, answer.header("content-type")) == (200, "text/plain; version=0.0.4; charset=utf-8"))
      #expect(try await served.ask(cookie.to(host: "metrics.example.org")).status == 421)
    }
  }

  @Test("requests are counted by route and class of status, and nothing that a caller made up becomes a label")
  func requests() async throws {
    try await Served.run { served async throws in
      for _ in 0..<3 { _ = try await served.api("GET", "/members") }
      _ = try await served.api("GET", "/presence/bob")
      _ = try await served.ask(HTTP("GET", "/app.js"))
      _ = try await served.ask(HTTP("GET", "/made/up/by/a/caller"))
      let text = try await served.scrape()
      func count(_ route: String, _ status: String) -> Bool {
        text.contains("\nbullpen_web_requests_total{route=\"\(route)\",status=\"\(status)\"} ")
      }
      #expect(text.contains("\nbullpen_web_requests_total{route=\"/api/v1/members\",status=\"2xx\"} 3\n"))
      #expect(count("/api/v1/presence/{user_id}", "4xx"))
      #expect(count("view", "2xx"))
      #expect(count("none", "4xx"))
      #expect(!text.contains("caller"))
      #expect(text.contains("\nbullpen_websockets_open 0\n"))
    }
  }

  @Test("every line of an exposition is a comment or a sample")
  func format() {
    let board = MetricsBoard()
    Meter(label: "bullpen_build_info", dimensions: [("version", "1 \"one\" \\ \n")], factory: board).set(1)
    let timer = Timer(label: "bullpen_commit_seconds", factory: board)
    timer.recordNanoseconds(3_000_000)
    timer.recordNanoseconds(3_000_000_000)
    #expect(board.text.contains("bullpen_build_info{version=\"1 \\\"one\\\" \\\\ \\n\"} 1\n"))
    #expect(board.text.contains("bullpen_commit_seconds_bucket{le=\"0.0025\"} 0\n"))
    #expect(board.text.contains("bullpen_commit_seconds_bucket{le=\"0.005\"} 1\n"))
    #expect(board.text.contains("bullpen_commit_seconds_bucket{le=\"2.5\"} 1\n"))
    #expect(board.text.contains("bullpen_commit_seconds_bucket{le=\"+Inf\"} 2\n"))
    #expect(board.text.contains("bullpen_commit_seconds_count 2\n"))
    #expect(board.text.contains("bullpen_commit_seconds_sum 3.003"))
    let sample = #/[a-z_]+(?:\{[a-z]+="(?:[^"\\]|\\.)*"(?:,[a-z]+="(?:[^"\\]|\\.)*")*\})? [0-9.e+-]+/#
    for line in board.text.split(separator: "\n") where !line.hasPrefix("# ") {
      #expect(line.wholeMatch(of: sample) != nil, "\(line)")
    }
    #expect(board.text.hasSuffix("\n"))
  }

  @Test("names that are not declared and series beyond the bound are not kept")
  func bounds() {
    let board = MetricsBoard()
    Counter(label: "a_library_of_ours_total", factory: board).increment()
    Counter(label: "bullpen_datagrams_sent_total", dimensions: [("peer", "bob")], factory: board).increment()
    Counter(label: "bullpen_peers_live", factory: board).increment()
    for number in 0..<1_000 {
      Counter(
        label: "bullpen_web_requests_total", dimensions: [("route", "\(number)"), ("status", "2xx")], factory: board
      ).increment()
    }
    let samples = board.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(samples.count == 256)
    #expect(samples.allSatisfy { $0.hasPrefix("bullpen_web_requests_total{") })
  }
}

extension Served {
  func scrape() async throws -> String {
    let answer = try await ask(HTTP("GET", "/metrics").with("Authorization", "Bearer \(keys.commandToken)"))
    return String(decoding: answer.body, as: UTF8.self)
  }
}
