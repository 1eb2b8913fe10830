import BullpenCore

/// What people were told and what they sent: the invariants hold the nodes to it.
struct Ledger {
  struct Acknowledged {
    var node: String
    var heads: [LogHead]
    /// Table and key of every row that was written.
    var rows: [Row]
  }

  struct Row: Hashable {
    var table: String
    var key: [UInt8]
  }

  struct Sent {
    var key: RowKey
    var sender: MemberID
    var audience: [MemberID]
    var title: String
    var isAcknowledged = false
  }

  var acknowledged: [Acknowledged] = []
  var sent: [Sent] = []
  /// Writes that were asked for.
  var asked = 0
}

// What people do.
extension Simulation {
  func scheduleWork() {
    var dice = random.fork()
    let rooms = ["desk", "kitchen"].compactMap(RoomID.init)
    for _ in 0..<plan.actions {
      let node = dice.pick(nodes)
      let moment = now + dice.between(0...(plan.duration - 500))
      let kind = dice.below(24)
      let other = dice.below(nodes.count)
      var own = dice.fork()
      queue.add(at: moment) { [unowned self] in
        guard node.isUp else { return }
        switch kind {
        case 0..<5: notify(from: node, to: own.pick([1, 2, 3]), &own)
        case 5..<8: act(node, text: "activity \(own.below(1_000))")
        case 8..<11: mark(node, &own)
        case 11: rename(node, "\(node.name) \(own.below(100))")
        case 12..<15: twins("colour \(own.below(3))", &own)
        case 15, 16: node.handle(.setPresence(PresenceChange(status: own.pick([.online, .away, .busy, .idle]))))
        case 17: node.handle(.setPresence(PresenceChange(customStatus: "status \(own.below(1_000))")))
        case 18: node.handle(.view(ViewID(raw: 1), .join(own.pick(rooms), .desktop)))
        case 19, 20: give(node.index, own.pick([.guest, .member, .admin]), to: other)
        case 21: name(node.index, successor: other)
        case 22: takeOver(node.index)
        default:
          let room = own.pick(rooms)
          node.handle(.view(ViewID(raw: 1), .join(room, .desktop)))
          let line = UInt32(own.below(100))
          node.handle(.view(ViewID(raw: 1), .point(room, CursorPosition(line: line, column: 1))))
        }
      }
    }
  }

  private func wall(_ node: SimulatedNode) -> Int64 { node.run?.machine.corrected(node.instant) ?? node.instant.wall }

  /// Writes, and notes what was acknowledged.
  func write(_ rows: [RowDraft], _ node: SimulatedNode, then: @escaping () -> Void = {}) {
    ledger.asked += 1
    node.write(Draft(rows)) { [unowned self] result in
      guard case .success(let outcome) = result else { return }
      let written = rows.map { Ledger.Row(table: $0.table.name, key: $0.key.bytes) }
      ledger.acknowledged.append(Ledger.Acknowledged(node: node.name, heads: outcome.heads, rows: written))
      then()
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
    let place = ledger.sent.count
    ledger.sent.append(Ledger.Sent(key: key, sender: sender, audience: audience, title: title))
    let cells: [String: Value] = ["kind": .text("note"), "title": .text(title), "body": .text("\(title), in full")]
    write([RowDraft(Tables.notifications, key, audience: audience, cells: cells)], node) { [unowned self] in
      ledger.sent[place].isAcknowledged = true
    }
  }

  func act(_ node: SimulatedNode, text: String) {
    guard let member = node.member else { return }
    let key = RowKey.own(member, RowID(at: wall(node), using: &node.random))
    write([RowDraft(Tables.activities, key, cells: ["kind": .text("done"), "text": .text(text)])], node)
  }

  private func mark(_ node: SimulatedNode, _ dice: inout SeededRandomness) {
    guard let member = node.member, let store = node.store,
      let unread = try? store.unread(for: member, limit: 8, wall: wall(node)), !unread.isEmpty
    else { return }
    let value: Value = dice.chance(800) ? .integer(wall(node)) : .null
    let key = RowKey.mark(by: member, on: dice.pick(unread))
    write([RowDraft(Tables.notificationMarks, key, cells: ["read_at": value])], node)
  }

  private func rename(_ node: SimulatedNode, _ name: String) {
    guard let member = node.member else { return }
    write([RowDraft(Tables.members, .member(member), cells: ["display_name": .text(name)])], node)
  }

  /// Both devices of the founder write the same cell at the same moment: the one conflict that keys allow.
  private func twins(_ value: String, _ dice: inout SeededRandomness) {
    for (place, node) in [nodes[0], nodes[nodes.count - 1]].enumerated() where node.isUp {
      guard let member = node.member, let key = RowKey.named(member, "colour") else { continue }
      write([RowDraft(Tables.settings, key, cells: ["value": .text("\(value) \(place)")])], node)
    }
  }
}
