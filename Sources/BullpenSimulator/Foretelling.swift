import BullpenCore

// A member's program that was changed to write what outdoes all that others write from now on, for it is dated ahead.
extension Simulation {
  /// A node's device signs an activity and a setting that are so many milliseconds ahead of the true time, in its own logs.
  public func foretell(_ index: Int, ahead: Int64) {
    let node = nodes[index]
    guard node.isUp, let member = node.member else { return }
    let time = HybridTime(milliseconds: wall + ahead, counter: 0)
    let rows = [
      activity(of: member, at: time, "\(ahead) ms from now", &node.random),
      setting(of: member, "colour", to: "\(ahead) ms from now"),
    ].compactMap(\.self)
    for row in rows {
      ledger.asked(row)
      let expiry = row.table.expiry(of: row.key)
      let slip = Slip(log: row.table.log, rows: [RowChange(clear: row)], time: time, expiry: expiry ?? 0)
      self.slip(slip, into: node) { [unowned self] head in
        ledger.foretold.append(Ledger.Foretold(node: node.name, head: head, row: row, due: time.milliseconds))
        ledger.acknowledged.append(
          Ledger.Acknowledged(
            node: node.name, heads: [head], rows: [Ledger.Row(table: row.table.name, key: row.key.bytes)],
            expiry: expiry ?? .max))
      }
    }
  }

  /// What is dated ahead and counts already, or waits and nobody is told with whom; and honest nodes that follow it into the
  /// future.
  func hasty() -> [String] {
    let staying = staying, names = Set(staying.map(\.name))
    var found: [String] = []
    for told in ledger.foretold where told.due > wall + Limits.clockBound && names.contains(told.node) {
      for node in staying {
        if told.isShown(at: node, wall: wall) { found.append("\(node.name) shows what \(told.node) dated ahead") }
        guard node.isUp, let store = node.store, let heads = try? store.heads(),
          heads[told.head.log].sequence >= told.head.head.sequence, !isVoided(told.head.log, by: node)
        else { continue }
        if (try? store.quarantine())?.contains(where: { $0.log == told.head.log }) != true {
          found.append("\(node.name) does not say that a change of \(told.node)'s waits for its time")
        }
      }
    }
    let liars = Set(ledger.foretold.map(\.head.log))
    for node in staying where !node.isDoubtful {
      guard let disk = node.disk, let heads = try? disk.heads() else { continue }
      for (log, head) in heads.sorted where log.device == node.device && head.sequence > 0 && !liars.contains(log) {
        let range = LogRange(log: log, first: head.sequence, last: head.sequence, digest: head.digest)
        let last = try? disk.segments(range, maxBytes: 1).last?.entries.last?.time.milliseconds
        if let last, last > wall + 2 * Limits.clockBound { found.append("\(node.name) writes in the future") }
      }
    }
    return found
  }

  private func isVoided(_ log: LogID, by node: SimulatedNode) -> Bool {
    node.run?.machine.membership.statements.contains { proved in
      if case .voiding(let entry) = proved.value.statement.claim { entry.log == log } else { false }
    } ?? false
  }
}

extension Ledger.Foretold {
  fileprivate func isShown(at node: SimulatedNode, wall: Int64) -> Bool {
    guard let store = node.store else { return false }
    if row.table == Tables.activities { return (try? store.activity(row.key, wall: wall)) ?? nil != nil }
    return (try? store.setting(row.key.writer, "colour")).map { .text($0) == row.cells["value"] } ?? false
  }
}
