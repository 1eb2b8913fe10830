import BullpenCore
import BullpenStore

// What must be true of what nodes hold, whatever went wrong.
extension Simulation {
  /// Writes that were acknowledged and are missing somewhere.
  func losses() -> [String] {
    var found: [String] = []
    let names = Set(staying.map(\.name))
    for node in staying {
      guard let held = holding(of: node) else { continue }
      for (log, entry) in held.holes {
        found.append("\(node.name) does not hold entry \(entry) of a log whose head is \(held.heads[log].sequence)")
      }
      // Of who was taken out since, others keep what they had heard; what no disk had any more is lost; and the dead go.
      for write in ledger.acknowledged where write.isBy(names) && write.expiry > wall + Limits.clockBound {
        guard write.isKept(by: names) else { continue }
        for head in write.heads where held.heads[head.log].sequence < head.head.sequence {
          found.append("\(node.name) lacks what \(write.node) was told is on disk")
        }
        for row in write.rows where !held.rows.contains(row) {
          found.append("\(node.name) lacks a row of \(row.table) that \(write.node) was told is on disk")
        }
      }
    }
    return found
  }

  /// Notifications that open for somebody outside, or do not for somebody inside.
  func leaks() -> [String] {
    var found: [String] = []
    let members = Set(nodes.compactMap(\.member)).sorted()
    let staying = Set(staying.map(\.name))
    for node in nodes {
      guard let disk = node.disk, let own = node.member else { continue }
      for sent in ledger.sent {
        let isInside = sent.sender == own || sent.audience.contains(own)
        for reader in members {
          let seen = try? disk.notification(sent.key, for: reader, wall: wall)
          if seen?.title != nil || seen?.body != nil, !(isInside && reader == own) {
            found.append("a notification opens at \(node.name), who is outside its audience")
          }
          if seen?.title != nil, sent.cut.contains(node.device) {
            found.append("a notification opens at \(node.name), who was out when it was written")
          }
          // Of who was taken out since, the others keep what they had heard; and what a clock that was ahead has stamped
          // waits, or was voided.
          let stamped = sent.key.rowID(shape: Tables.notifications.key)?.milliseconds ?? 0
          let isAlive = Tables.notifications.expiry(of: sent.key).map { $0 > wall + Limits.clockBound } ?? true
          let isNamed = sent.sender == own || sent.first.contains(own)
          if isNamed, reader == own, isAlive, isKept(sent, by: staying), stamped <= wall + Limits.clockBound / 2,
            staying.isSuperset(of: [node.name, sent.node]), seen?.title != sent.title || seen?.body != sent.body
          {
            found.append("a notification does not open at \(node.name), who is inside its audience")
          }
        }
      }
      found += plainTexts(in: disk, of: node) + peeks(of: disk, at: node, own)
    }
    return found
  }

  /// Promises that are not kept: what was taken back and is shown, what was shown to more and does not open.
  func brokenPromises() -> [String] {
    let running = staying
    let names = Set(running.map(\.name))
    var found: [String] = []
    for write in ledger.acknowledged where names.contains(write.node) && write.expiry > wall + Limits.clockBound {
      guard let promise = write.promise, write.isKept(by: names) else { continue }
      for node in running {
        guard let store = node.store, let own = node.member else { continue }
        switch promise {
        case .withdrawn(let key):
          guard (try? store.activity(key, wall: wall)) ?? nil != nil else { continue }
          found.append("\(node.name) shows an activity that its author took back")
        case .shared(let key, let reader):
          guard reader == own, let sent = ledger.sent.first(where: { $0.key == key }), isKept(sent, by: names),
            (try? store.notification(key, for: own, wall: wall))?.title != sent.title
          else { continue }
          found.append("a notification does not open at \(node.name), to whom it was shown")
        }
      }
    }
    return found
  }

  /// Whether a notification was acknowledged, and some disk had it ever since.
  private func isKept(_ sent: Ledger.Sent, by staying: Set<String>) -> Bool {
    isKept(Ledger.Row(table: Tables.notifications.name, key: sent.key.bytes), by: staying)
  }

  func isKept(_ row: Ledger.Row, by staying: Set<String>) -> Bool {
    ledger.acknowledged.first { $0.rows.contains(row) }?.isKept(by: staying) ?? false
  }

  /// What somebody is shown to have said, and never said.
  func forgeries() -> [String] {
    var found: [String] = []
    let sent = Dictionary(ledger.sent.map { ($0.key, $0.title) }) { first, _ in first }
    for node in nodes {
      guard let store = node.store, let disk = node.disk, let member = node.member else { continue }
      for (person, name) in ((try? disk.displayNames()) ?? [:]).sorted(by: { $0.key < $1.key })
      where !ledger.isAsked(name, Tables.members, .member(person)) {
        found.append("\(node.name) shows a name that nobody gave themselves")
      }
      for row in (try? disk.activities(wall: wall)) ?? []
      where !ledger.isAsked(row.text, Tables.activities, row.key) {
        found.append("\(node.name) shows an activity that its author never wrote")
      }
      for row in (try? store.notifications(for: member, limit: 100, wall: wall).rows) ?? []
      where row.title != nil && sent[row.key] != row.title {
        found.append("\(node.name) shows a notification that its sender never wrote")
      }
    }
    return found
  }

  /// Disks that hold for certain a time that is yet to come, by which they forget what lives.
  func early() -> [String] {
    staying.compactMap { node in
      guard !node.isDoubtful, let certain = (try? node.store?.lastCertain()) ?? nil,
        certain > wall + 2 * Limits.clockBound
      else { return nil }
      return "\(node.name) takes a time for certain that has not come"
    }
  }

  /// Databases that are not what their own logs add up to, as `bullpen verify` finds.
  func unsound() -> [String] {
    // Who was taken out before its database was rebuilt is told why, and nothing else of the office.
    staying.flatMap { node -> [String] in
      guard case .file(let path) = node.location, node.store != nil else { return [] }
      do {
        return try Store.verify(path, prover: prover, wall: wall).findings.map { "\(node.name)'s database: \($0.text)" }
      } catch {
        return ["\(node.name)'s database cannot be looked into: \(error)"]
      }
    }
  }
}
