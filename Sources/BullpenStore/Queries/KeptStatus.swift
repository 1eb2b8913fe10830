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
    /// These are missing in what earlier versions kept.
    var wordsTurn: Turn?
    var isOffline: Bool?
    var turn: Turn?
  }

  /// What was said in an earlier run; nil where that was nothing, or nothing that can be read.
  public func keptStatus() throws -> KeptStatus? {
    guard let bytes = try note(Self.name),
      let kept = try? JSONDecoder().decode(Kept.self, from: Data(bytes))
    else { return nil }
    let words = StatusWords(text: kept.text, emoji: kept.emoji, clearsAt: kept.clearsAt)
    guard words.isSound else { return nil }
    return KeptStatus(
      words: words, wordsTurn: kept.wordsTurn ?? 0, isOffline: kept.isOffline ?? false, turn: kept.turn ?? 0)
  }

  public func keep(_ status: KeptStatus) throws {
    let words = status.words
    let kept = Kept(
      text: words.text, emoji: words.emoji, clearsAt: words.clearsAt, wordsTurn: status.wordsTurn,
      isOffline: status.isOffline, turn: status.turn)
    try setNote(Self.name, status == KeptStatus() ? nil : Array(try JSONEncoder().encode(kept)))
  }
}
