import BullpenCore
import BullpenStore
import Foundation

/// What `bullpen backup` made of a node's database.
struct Backup {
  let path: String
  /// Places in the ledger of writes that were acknowledged and here by then.
  let writes: Set<Int>
}

extension SimulatedNode {
  /// A backup is taken while the process goes on; an earlier one gives way.
  func backUp() {
    guard case .file(let path) = location, store != nil, !isAsleep else { return }
    let copy = path + ".backup"
    do {
      if backup != nil { try FileManager.default.removeItem(atPath: copy) }
      backup = nil
      guard try Store.snapshot(of: path, to: copy) else { return }
      let held = simulation.holding(of: self)
      let writes = simulation.ledger.acknowledged.enumerated().filter { held?.has($0.element) == true }
      backup = Backup(path: copy, writes: Set(writes.map(\.offset)))
    } catch {
      simulation.findings.append("no backup of \(name)'s home can be made: \(error)")
    }
  }

  /// The process ends, if it still runs, and its home is made anew from the backup. What this machine alone had since is
  /// gone, and it never writes on where others may know more.
  func restore() {
    guard case .file(let path) = location, let backup, let workspace = simulation.workspace, !isAsleep else { return }
    let stakes = spoilt ?? simulation.stakes(on: self)
    let before = store?.incarnation
    stop()
    do {
      try store?.close()
      store = nil
      spoilt = nil
      for part in ["", "-wal", "-shm", ".heads"] where FileManager.default.fileExists(atPath: path + part) {
        try FileManager.default.removeItem(atPath: path + part)
      }
      try FileManager.default.copyItem(atPath: backup.path, toPath: path)
      try Store.adopt(path, device: device, workspace: workspace)
      try reopen()
    } catch {
      return simulation.findings.append("\(name)'s home cannot be restored: \(error)")
    }
    if store?.incarnation == before { simulation.findings.append("\(name) writes on as if nothing had been restored") }
    let held = simulation.holding(of: self)
    for place in backup.writes.sorted() where held?.has(simulation.ledger.acknowledged[place]) != true {
      simulation.findings.append("\(name)'s backup lacks what was on disk when it was taken")
    }
    simulation.settle(stakes, on: self)
    start()
  }
}
