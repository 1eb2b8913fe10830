import BullpenCore
import Foundation

// What the person said of itself, for this machine's next run.
extension Store {
  private static let name = "custom_status"

  private struct Kept: Codable {
    var text: String
    var emoji: String
    /// Unix milliseconds.
    var clearsAt: Int64?
  }

  /// The custom status of an earlier run; nil where there was none, or none that can be read.
  public func keptWords() throws -> StatusWords? {
    guard let bytes = try note(Self.name),
      let kept = try? JSONDecoder().decode(Kept.self, from: Data(bytes)),
      kept.text.count <= Limits.customStatusCharacters, kept.text.utf8.count <= Limits.customStatusBytes,
      kept.emoji.count <= Limits.emojiCharacters, kept.emoji.utf8.count <= Limits.emojiBytes
    else { return nil }
    return StatusWords(text: kept.text, emoji: kept.emoji, clearsAt: kept.clearsAt)
  }

  public func keep(_ words: StatusWords) throws {
    let kept = Kept(text: words.text, emoji: words.emoji, clearsAt: words.clearsAt)
    try setNote(Self.name, words.isEmpty ? nil : Array(try JSONEncoder().encode(kept)))
  }
}
