import Foundation
import Testing

@testable import BullpenWeb

@Suite("The view's files")
struct AssetTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../../Sources/BullpenWeb/View")

  @Test("every file of the view is in the binary, as it is, under its name")
  func complete() async throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
    #expect(names == Asset.all.map(\.name).sorted())
    try await Served.run { served async throws in
      for asset in Asset.all where !asset.name.hasSuffix(".html") {
        let answer = try await served.ask(HTTP("GET", "/\(asset.name)"))
        #expect(answer.status == 200)
        #expect(answer.body == asset.bytes)
        #expect(answer.header("content-type") == asset.kind.rawValue)
      }
    }
  }

  @Test("a browser is told to trust nothing but this node")
  func manners() async throws {
    try await Served.run { served async throws in
      for path in ["/", "/login", "/app.js", "/nothing", "/api/v1/members"] {
        let answer = try await served.ask(HTTP("GET", path))
        let policy = try #require(answer.header("content-security-policy"))
        for part in [
          "default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'",
          "form-action 'none'", "base-uri 'none'", "connect-src 'self' ws://127.0.0.1:\(served.port);",
        ] { #expect(policy.contains(part)) }
        #expect(!policy.contains("unsafe"))
        #expect(answer.header("x-content-type-options") == "nosniff")
        #expect(answer.header("referrer-policy") == "no-referrer")
        #expect(answer.header("server") == nil)
      }
    }
  }

  @Test("no page has a script or a style of its own within, or takes any from elsewhere")
  func nothingInline() throws {
    for asset in Asset.all where asset.name.hasSuffix(".html") {
      let text = String(decoding: asset.bytes, as: UTF8.self)
      #expect(text.matches(of: #/<script(?![^>]*\bsrc=)[^>]*>|<style|\son\w+=|\sstyle=/#).isEmpty)
      #expect(text.matches(of: #/(?:src|href)="(?:https?:)?//[^"]*"/#).isEmpty)
    }
  }

  @Test("what has not changed is not sent again")
  func tags() async throws {
    try await Served.run { served async throws in
      let first = try await served.ask(HTTP("GET", "/"))
      #expect(first.header("content-type") == "text/html; charset=utf-8")
      #expect(first.header("cache-control") == "no-cache")
      let tag = try #require(first.header("etag"))
      let again = try await served.ask(HTTP("GET", "/").with("If-None-Match", "\"x\", \(tag)"))
      #expect(again.status == 304)
      #expect(again.body.isEmpty)
      #expect(try await served.ask(HTTP("GET", "/").with("If-None-Match", "\"x\"")).status == 200)
    }
  }

  @Test("Inter comes from the machine's own folder, and nothing else does")
  func fonts() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "fonts-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data("a font".utf8).write(to: folder.appending(path: "Inter-Regular.otf"))
    try Data("a secret".utf8).write(to: folder.appending(path: "secret"))
    try await Served.run(fonts: folder) { served async throws in
      let font = try await served.ask(HTTP("GET", "/fonts/Inter-Regular.otf"))
      #expect((font.status, font.header("content-type")) == (200, "font/otf"))
      #expect(font.body == Array("a font".utf8))
      let tag = try #require(font.header("etag"))
      #expect(try await served.ask(HTTP("GET", "/fonts/Inter-Regular.otf").with("If-None-Match", tag)).status == 304)
      for name in ["secret", "Inter-Bold.otf", "..%2fsecret", "Inter-..%2f..%2fsecret.otf", "%2e%2e/secret"] {
        #expect(try await served.ask(HTTP("GET", "/fonts/\(name)")).status == 404)
      }
    }
    try await Served.run { served async throws in
      let none = try await served.ask(HTTP("GET", "/fonts/Inter-Regular.otf"))
      #expect(none.status == 404)
    }
  }
}
