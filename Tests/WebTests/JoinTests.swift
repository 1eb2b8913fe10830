import BullpenCore
import Foundation
import Testing

@testable import BullpenWeb

@Suite("The second door tells how it goes")
struct JoinTests {
  static func ask(_ served: Served, _ code: String) async throws -> Events {
    let request = HTTP("POST", "/api/v1/workspaces/join", ["code": .string(code), "member_name": "Bob"])
      .with("Authorization", "Bearer \(served.keys.commandToken)").with("Accept", "text/event-stream")
    return try await Wire.open(to: served.port) { wire in
      let head = request.head(port: served.port) + "Connection: close\r\n\r\n"
      try await wire.write(Array(head.utf8) + (request.body ?? []))
      return try await Events(reading: &wire)
    }
  }

  /// The events of one answer. Each is written whole, so that chunks of the transfer lie between them.
  struct Events: Sendable {
    let head: String
    private(set) var all: [(name: String, data: JSONValue)] = []

    init(reading wire: inout Wire) async throws {
      head = try await wire.head()
      while try await wire.read() {}
      var name = ""
      for line in String(decoding: wire.buffer.readableBytesView, as: UTF8.self).split(whereSeparator: \.isNewline) {
        if line.hasPrefix("event: ") { name = String(line.dropFirst(7)) }
        if line.hasPrefix("data: ") { all.append((name, try JSONValue(parsing: line.dropFirst(6)))) }
      }
    }

    func phases() -> [String] { all.compactMap { $0.data["phase"]?.text } }
  }

  @Test("whoever listens hears each step, and last that it is in")
  func joined() async throws {
    try await Served.run(node: FakeNode(isJoined: false)) { served async throws in
      let events = try await Self.ask(served, "bullpen1late")
      #expect(events.head.hasPrefix("HTTP/1.1 200 "))
      #expect(events.head.lowercased().contains("content-type: text/event-stream"))
      #expect(events.phases() == ["searching", "trying", "reached", "proving", "admitted", "fetching"])
      let last = try #require(events.all.last)
      #expect(last.name == "joined")
      let example = try PageTests.example("Joined")
      #expect(last.data.shape == example.shape)
      #expect(last.data["notice"] == example["notice"])
      let fetching = try #require(events.all.first { $0.data["phase"] == "fetching" })
      #expect(try fetching.data == PageTests.example("JoinProgress"))
    }
  }

  @Test("where nobody answers, the problem names each address with what to do, in a stream and without")
  func alone() async throws {
    try await Served.run(node: FakeNode(isJoined: false)) { served async throws in
      let events = try await Self.ask(served, "bullpen1alone")
      #expect(events.phases() == ["searching", "trying", "failed"])
      let last = try #require(events.all.last)
      #expect(last.name == "problem")
      let example = try PageTests.example("JoinProblem")
      #expect(last.data == example)
      let plain = try await served.api(
        "POST", "/workspaces/join", ["code": "bullpen1alone", "member_name": "Bob"])
      #expect((plain.status, plain.json) == (503, example))
      #expect(plain.header("content-type") == "application/problem+json")
    }
  }

  @Test("an invite's picture is that of its link in capitals, with its three corners")
  func picture() throws {
    let example = try PageTests.example("Invite")
    let link = try #require(example["link"]?.text)
    let rows = try #require(QRPicture.rows(of: link.uppercased()))
    #expect(example["qr"] == .array(rows.map { .string($0) }))
    // The finder patterns stand in all corners but the last.
    let finder = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
    #expect(rows.prefix(7).map { String($0.prefix(7)) } == finder)
    #expect(rows.prefix(7).map { String($0.suffix(7)) } == finder)
    #expect(rows.suffix(7).map { String($0.prefix(7)) } == finder)
    #expect(rows.suffix(7).map { String($0.suffix(7)) } != finder)
    #expect(QRPicture.rows(of: "") == nil)
    #expect(QRPicture.rows(of: String(repeating: "é", count: 2_000)) == nil)
  }

  @Test("a request that makes no sense is refused before the stream begins")
  func refused() async throws {
    try await Served.run(node: FakeNode(isJoined: false)) { served async throws in
      let events = try await Self.ask(served, String(repeating: "x", count: 2_001))
      #expect(events.head.hasPrefix("HTTP/1.1 422 "))
      #expect(events.all.isEmpty)
    }
  }
}
