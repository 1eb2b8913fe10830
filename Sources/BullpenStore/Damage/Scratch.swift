import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

/// A store of nobody's, in a file that SQLite makes for itself, that nobody else sees and that goes with it. What the
/// logs add up to is built there, by the one code that builds it anywhere.
enum Scratch {
  static func store(_ workspace: WorkspaceID, prover: any Prover, tables: [TableDeclaration]) throws -> Store {
    var random = SystemRandomness()
    // It never writes in its own name.
    let nobody = Author(device: DeviceKey(using: &random), secret: MemberSecret(using: &random))
    let context = StoreContext(
      location: .memory, author: nobody, prover: prover, tables: tables.map(RowTable.init), workspace: workspace)
    let queue = try database()
    _ = try queue.write { try Schema.prepare($0, tables: tables, place: context.location.name) }
    var state = StoreState(random: random, incarnation: Incarnation(using: &random))
    state.boundsBranches = false
    return Store(context, queue, nil, state)
  }

  static func database() throws -> DatabaseQueue {
    // No path at all is SQLite's word for such a file.
    let queue = try DatabaseQueue(path: "")
    try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = MEMORY") }
    return queue
  }
}

extension Row {
  // Of a damaged file anything may come, and GRDB ends the process where a value has another type than was asked for.
  func blob(_ place: Int) -> [UInt8]? { Data.fromDatabaseValue(self[place]).map(Array.init) }
  func integer(_ place: Int) -> Int64? { Int64.fromDatabaseValue(self[place]) }
}
