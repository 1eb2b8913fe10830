import BullpenCore

// Rows that tell of a person, sealed to few, as a node writes them.
extension Simulation {
  /// Now and then what was decided is written, for the person's other devices, and what a day adds up to, for admins.
  func confide(_ node: SimulatedNode, _ settings: PresenceSettings, _ dice: inout SeededRandomness) {
    guard let me = node.member, let membership = node.run?.machine.membership else { return }
    if dice.chance(500) { confide(Tables.presenceSettings, to: [me], settings.cells, node, &dice) }
    guard dice.chance(300) else { return }
    let today = CalendarDay(local: node.corrected)
    let admins = membership.sortedMembers.filter { $0.role >= .admin }.map(\.id)
    confide(
      Tables.presenceDays, to: Set(admins + [me]).sorted(), ["sums": .bytes(PresenceDay(today).bytes)], node, &dice)
  }

  private func confide(
    _ table: TableDeclaration, to audience: [MemberID], _ cells: [String: Value], _ node: SimulatedNode,
    _ dice: inout SeededRandomness
  ) {
    guard let me = node.member else { return }
    let key = RowKey.own(me, RowID(at: node.corrected, using: &dice))
    ledger.confided.append(
      Ledger.Confided(
        node: node.person, row: Ledger.Row(table: table.name, key: key.bytes), confidence: Confidence(table, key),
        audience: audience, expiry: table.expiry(of: key) ?? .max))
    write([RowDraft(table, key, audience: audience, cells: cells)], node)
  }
}
