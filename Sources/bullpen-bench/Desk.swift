import BullpenCore
import BullpenStore

/// The rows that every comparison is about: what happened at one desk, in the order in which it did.
enum Desk {
  static let kind = "note"
  static let room = "page:/plan"

  static func text(_ number: Int, _ word: String = "new") -> String {
    "What happened at this desk, number \(number), \(word), in a line of the usual length."
  }

  static func draft(_ key: RowKey, _ text: String) -> Draft {
    Draft([
      RowDraft(
        Tables.activities, key, cells: ["kind": .text(kind), "text": .text(text), "room": .text(room)])
    ])
  }
}
