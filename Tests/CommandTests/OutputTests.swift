import Foundation
import Testing

@testable import bullpen

@Suite("Moments in words")
struct OutputTests {
  @Test(
    "a moment is told by how far away it is, and one that is still to come as such",
    arguments: [
      (-30, "just now"), (-150, "2 min ago"), (-7_300, "2 h ago"), (-200_000, "2 days ago"), (30, "just now"),
      (150, "in 2 min"), (86_390, "in 23 h"), (200_000, "in 2 days"),
    ])
  func ago(seconds: Int64, words: String) {
    // Half a second more than the span, for this takes a moment.
    let moment = Int64(Date().timeIntervalSince1970 * 1_000) + seconds * 1_000 + 500
    #expect(Output.ago(moment) == words)
  }

  @Test("what never was is told so")
  func never() { #expect(Output.ago(nil) == "never") }
}
