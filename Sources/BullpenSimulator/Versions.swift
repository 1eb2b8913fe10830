import BullpenCore
import BullpenStore

// An office does not upgrade in one night.
extension SimulatedNode {
  /// What an older version knew: it lacks a table of rows that pass, one of rows that last, and a sealed column.
  static let olderTables: [TableDeclaration] = Tables.all.compactMap { table in
    switch table.name {
    case Tables.activities.name, Tables.settings.name: nil
    case Tables.notifications.name:
      TableDeclaration(
        table.name, key: table.key, columns: table.columns.filter { $0.name != "body" }, writer: table.writer,
        audience: table.audience, lifetime: table.lifetime)
    default: table
    }
  }

  /// The process ends, and the newest version starts where the older one stopped.
  func upgrade() {
    guard tables != simulation.tables, !isAsleep, spoilt == nil else { return }
    let isRunning = run != nil
    stop()
    tables = simulation.tables
    guard store != nil else { return }
    do {
      try store?.close()
      try reopen()
      if isRunning { start() }
    } catch {
      simulation.findings.append("\(name) cannot go on with a newer version: \(error)")
    }
  }
}
