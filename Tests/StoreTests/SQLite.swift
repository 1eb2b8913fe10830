@testable import BullpenStore

// What tests look at that the store does not show.
extension Store {
  /// The first column of every row.
  func integers(_ sql: String) throws -> [Int64] {
    try writer.writeWithoutTransaction { try Int64.fetchAll($0, sql: sql) }
  }

  func text(_ sql: String) throws -> String? { try writer.read { try String.fetchOne($0, sql: sql) } }
  func run(_ sql: String) throws { try writer.write { try $0.execute(sql: sql) } }
}
