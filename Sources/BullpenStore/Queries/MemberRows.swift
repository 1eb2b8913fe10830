import BullpenCore
import Foundation
import GRDB

extension Store {
  /// What members call themselves. A member whose name has not arrived is missing.
  public func displayNames() throws -> [MemberID: String] {
    try read { db in
      let rows = try Row.fetchAll(
        db, sql: "SELECT _key, display_name FROM members WHERE _deleted = 0 AND display_name IS NOT NULL")
      let pairs = rows.compactMap { row in MemberID(bytes: row[0] as Data).map { ($0, row[1] as String) } }
      return Dictionary(uniqueKeysWithValues: pairs)
    }
  }

  /// A member's setting; nil where it was never made, or was taken back.
  public func setting(_ member: MemberID, _ name: String) throws -> String? {
    try read { db in
      guard let key = RowKey.named(member, name) else { return nil }
      return try String.fetchOne(
        db, sql: "SELECT value FROM settings WHERE _key = ? AND _deleted = 0", arguments: [Data(key.bytes)])
    }
  }
}
