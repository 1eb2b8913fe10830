import GRDB

@testable import BullpenStore

// What tests look at that the store does not show.
extension Store {
  /// The integers of the first row.
  func integers(_ sql: String) throws -> [Int64] {
    try writer.writeWithoutTransaction { db in
      try Row.fetchOne(db, sql: sql)?.databaseValues.compactMap { Int64.fromDatabaseValue($0) } ?? []
    }
  }

  func text(_ sql: String) throws -> String? { try writer.read { try String.fetchOne($0, sql: sql) } }
  func run(_ sql: String) throws { try writer.write { try $0.execute(sql: sql) } }
}
