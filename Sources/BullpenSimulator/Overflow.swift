import BullpenCore

// A writer that has used up the counter of its hybrid clock within one millisecond.
extension Simulation {
  /// A node's clock, and with it that of all who hear of it, has given out all but two of the times of a millisecond to come;
  /// everybody goes on writing.
  func useUp(_ index: Int) {
    let node = nodes[index]
    guard node.isUp, let member = node.member else { return }
    let time = HybridTime(milliseconds: node.corrected + 3_000, counter: .max - 2)
    let row = activity(of: member, at: time, "the last but two", &node.random)
    ledger.asked(row)
    let expiry = row.table.expiry(of: row.key) ?? 0
    slip(Slip(log: .passing, rows: [RowChange(clear: row)], time: time, expiry: expiry), into: node)
    for moment in stride(from: Int64(0), to: 2_400, by: 300) {
      queue.add(at: now + moment) { [unowned self] in
        for node in nodes where node.isUp { act(node, text: "in one millisecond, \(moment)") }
      }
    }
  }
}
