import Foundation
import Testing

@testable import bullpen

@Suite("What a person reads in a terminal")
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

  @Test(
    "what a colleague wrote forges no line, moves no cursor and turns nothing around",
    arguments: [
      ("fine day\njust now  Bob  I quit", "fine day ↵ just now  Bob  I quit"),
      ("a\r\nb\rc\u{85}d\u{2028}e\u{2029}f", "a ↵ b ↵ c ↵ d ↵ e ↵ f"),
      ("\u{1B}[2J\u{9B}31mred\u{7}\u{0}", "\u{FFFD}[2J\u{FFFD}31mred\u{FFFD}\u{FFFD}"),
      ("pay \u{202E}005 to\u{2066} Eve", "pay \u{FFFD}005 to\u{FFFD} Eve"), ("a\tb", "a b"),
      ("Grüße, 你好 👩🏽‍💻", "Grüße, 你好 👩🏽‍💻"),
    ])
  func shown(text: String, words: String) { #expect(Output.shown(text) == words) }

  @Test("a sentence of several lines keeps them")
  func lines() { #expect(Output.shown("one\ntwo\u{1B}", lines: true) == "one\ntwo\u{FFFD}") }

  @Test("what never was is told so")
  func never() { #expect(Output.ago(nil) == "never") }
}
