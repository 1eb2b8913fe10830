import BullpenCore

// What people do.
extension Simulation {
  func scheduleWork() {
    for deed in plan.deeds {
      queue.add(at: now + deed.at) { [unowned self] in carryOut(deed) }
    }
  }

  private func carryOut(_ deed: Deed) {
    var dice = SeededRandomness(seed: deed.luck)
    var node = nodes[deed.node]
    if let copy = copies.last(where: { $0.original === node && $0.isUp }), dice.chance(500) { node = copy }
    guard node.isUp else { return }
    switch deed.kind {
    case .notify(let count): notify(from: node, to: count, &dice)
    case .post: act(node, text: "activity \(dice.below(1_000))")
    case .pour(let count): pour(node, count)
    case .share: share(node, &dice)
    case .withdraw: withdraw(node)
    case .mark: mark(node, &dice)
    case .rename: rename(node, "\(node.name) \(dice.below(100))")
    case .twins: twins("colour \(dice.below(3))")
    case .show(let status):
      node.handle(.setPresence(PresenceChange(status: status)))
      if dice.chance(400) { decide(node, &dice) }
    case .say: node.handle(.setPresence(PresenceChange(customStatus: "status \(dice.below(1_000))")))
    case .join(let room): node.handle(.view(ViewID(raw: 1), .join(room, .desktop)))
    case .point(let room):
      node.handle(.view(ViewID(raw: 1), .join(room, .desktop)))
      let line = UInt32(dice.below(100))
      node.handle(.view(ViewID(raw: 1), .point(room, CursorPosition(line: line, column: 1))))
    case .give(let role, let other): give(node.index, role, to: other)
    case .name(let other): name(node.index, successor: other)
    case .takeOver: takeOver(node.index)
    case .remove(let other): remove(node.index, other)
    case .decide: decide(node, &dice)
    case .changeTeam(let other): changeTeam(node, nodes[other], &dice)
    case .setDefault(let level): setDefault(node, level)
    case .type(let room):
      node.handle(.view(ViewID(raw: 1), .join(room, .desktop)))
      node.handle(.view(ViewID(raw: 1), .type(room)))
    case .void: void(node.index)
    }
  }

  private func wall(_ node: SimulatedNode) -> Int64 { node.run?.machine.corrected(node.instant) ?? node.instant.wall }

  /// Writes, and notes what was acknowledged.
  ///
  /// - Parameter promise: what else is true of all nodes from then on.
  func write(_ rows: [RowDraft], _ node: SimulatedNode, promise: Ledger.Promise? = nil) {
    for row in rows { ledger.asked(row) }
    node.write(Draft(rows)) { [unowned self] result in
      switch result {
      case .failure(let failure): ledger.refusals.append(failure)
      case .success(let outcome):
        let written = rows.map { Ledger.Row(table: $0.table.name, key: $0.key.bytes) }
        let expiry = rows.map { $0.table.expiry(of: $0.key) ?? .max }.min() ?? .max
        ledger.acknowledged.append(
          Ledger.Acknowledged(
            node: node.person, heads: outcome.heads, rows: written, expiry: expiry,
            promise: node.isDoubtful ? nil : promise))
      }
    }
  }

  private func notify(from node: SimulatedNode, to count: Int, _ dice: inout SeededRandomness) {
    let members = Set(nodes.compactMap(\.member)).sorted()
    var audience: Set<MemberID> = []
    while audience.count < min(count, members.count) { audience.insert(dice.pick(members)) }
    notify(from: node, to: audience.sorted(), title: "secret \(dice.next())", &dice)
  }

  func notify(
    from node: SimulatedNode, to audience: [MemberID], title: String, _ dice: inout SeededRandomness
  ) {
    guard let sender = node.member else { return }
    let key = RowKey.own(sender, RowID(at: wall(node), using: &dice))
    let cut = nodes.map(\.device).filter { node.run?.machine.membership.isCut($0) == true }
    var cells: [String: Value] = ["kind": .text("note"), "title": .text(title), "body": .text("\(title), in full")]
    // An older version writes what it knows.
    if let known = node.tables.first(where: { $0.name == Tables.notifications.name }) {
      cells = cells.filter { known.column($0.key) != nil }
    }
    ledger.sent.append(
      Ledger.Sent(
        node: node.person, key: key, sender: sender, audience: audience, first: audience, title: title,
        body: cells["body"]?.words, cut: Set(cut)))
    write([RowDraft(Tables.notifications, key, audience: audience, cells: cells)], node)
  }

  func act(_ node: SimulatedNode, text: String) {
    guard let member = node.member else { return }
    let key = RowKey.own(member, RowID(at: wall(node), using: &node.random))
    ledger.posted[member, default: []].append(key)
    write([RowDraft(Tables.activities, key, cells: ["kind": .text("done"), "text": .text(text)])], node)
  }

  /// Writes more at once than a poor line carries in a while.
  func pour(_ node: SimulatedNode, _ count: Int) {
    for number in 0..<count {
      let head = "\(number) of \(count) "
      act(node, text: head + String(repeating: "x", count: Limits.bodyBytes - head.utf8.count))
    }
  }

  private func withdraw(_ node: SimulatedNode) {
    guard let member = node.member, let store = node.store, node.tables == tables,
      let key = ledger.posted[member]?.last(where: { (try? store.activity($0, wall: wall(node))) ?? nil != nil })
    else { return }
    write([RowDraft(Tables.activities, key, isDelete: true)], node, promise: .withdrawn(key))
  }

  private func share(_ node: SimulatedNode, _ dice: inout SeededRandomness) {
    guard let member = node.member, let store = node.store, node.tables == tables,
      let place = ledger.sent.lastIndex(where: {
        $0.sender == member && (try? store.notification($0.key, for: member, wall: wall(node))) ?? nil != nil
      })
    else { return }
    let sent = ledger.sent[place]
    let others = Set(nodes.compactMap(\.member)).subtracting(sent.audience).sorted()
    guard !others.isEmpty else { return }
    let reader = dice.pick(others)
    // From here on the reader may open it, and once it is acknowledged must be able to.
    ledger.sent[place].audience = (sent.audience + [reader]).sorted()
    write(
      [RowDraft(Tables.notifications, sent.key, audience: ledger.sent[place].audience, cells: [:])], node,
      promise: .shared(sent.key, reader))
  }

  private func mark(_ node: SimulatedNode, _ dice: inout SeededRandomness) {
    guard let member = node.member, let store = node.store,
      let unread = try? store.unread(for: member, limit: 8, wall: wall(node)), !unread.isEmpty
    else { return }
    let value: Value = dice.chance(800) ? .integer(wall(node)) : .null
    let key = RowKey.mark(by: member, on: dice.pick(unread))
    write([RowDraft(Tables.notificationMarks, key, cells: ["read_at": value])], node)
  }

  func rename(_ node: SimulatedNode, _ name: String) {
    guard let member = node.member else { return }
    write([RowDraft(Tables.members, .member(member), cells: ["display_name": .text(name)])], node)
  }

  private func twins(_ value: String) {
    for (place, node) in [nodes[0], nodes[nodes.count - 1]].enumerated() where node.isUp {
      set(node, "colour", to: "\(value) \(place)")
    }
  }

  func set(_ node: SimulatedNode, _ setting: String, to value: String) {
    guard let member = node.member, let key = RowKey.named(member, setting) else { return }
    write([RowDraft(Tables.settings, key, cells: ["value": .text(value)])], node)
  }
}

extension Value {
  /// What a text says.
  fileprivate var words: String? { if case .text(let words) = self { words } else { nil } }
}
