import Foundation
import Testing

@testable import bullpen_fuzz

@Suite("Seeds of the local API")
struct RouteSeedTests {
  private struct Page: Decodable {
    let paths: [String: [String: Operation]]
    struct Operation: Decodable {}
  }

  @Test("every route that the page names has a request to begin with")
  func routes() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try Data(contentsOf: root.appendingPathComponent("protocol/openapi.json"))
    let asked = HTTPTarget.seeds().map { seed in
      let words = String(decoding: seed, as: UTF8.self).split(separator: " ").prefix(2)
      return words.joined(separator: " ").split(separator: "?", maxSplits: 1).first.map(String.init) ?? ""
    }
    // One ends the session that all others use; the other speaks to the services of whoever runs this.
    let left: Set = ["post /api/v1/logout", "put /api/v1/node/at-login"]
    let methods: Set = ["get", "put", "post", "delete"]
    var missing: [String] = []
    for (path, operations) in try JSONDecoder().decode(Page.self, from: text).paths {
      let pattern = path.split(separator: "/").map { $0.hasPrefix("{") ? "[^/]+" : String($0) }.joined(separator: "/")
      for method in operations.keys where methods.contains(method) {
        let route = try Regex("\(method.uppercased()) /\(pattern)")
        if !asked.contains(where: { $0.wholeMatch(of: route) != nil }) { missing.append("\(method) \(path)") }
      }
    }
    #expect(Set(missing) == left)
  }
}
