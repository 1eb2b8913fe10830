import BullpenCore

// After the storm: what must be true of every office.
extension Simulation {
  /// Heals everything, lets the office come to rest and looks whether all is well.
  ///
  /// - Parameter milliseconds: how long it may take.
  /// - Returns: what is wrong, in words; empty when all is well.
  public func settle(within milliseconds: Int64 = 120_000) -> [String] {
    heal()
    let end = now + milliseconds
    var differences: [String] = []
    repeat {
      advance(by: 500)
      differences = unrest()
    } while !differences.isEmpty && now < end
    return differences + losses() + leaks()
  }

  /// Nodes that nobody has taken out.
  private var staying: [SimulatedNode] {
    nodes.filter { node in !nodes.contains { $0.run?.machine.membership.isCut(node.device) == true } }
  }

  private func isAgreed(_ node: SimulatedNode, _ other: SimulatedNode) -> Bool {
    guard let mine = node.run?.machine.membership, let theirs = other.run?.machine.membership else { return false }
    return mine.owner == theirs.owner && mine.members == theirs.members && mine.successors == theirs.successors
  }

  /// What nodes do not agree on.
  func unrest() -> [String] {
    var found: [String] = []
    let running = staying.filter(\.isUp)
    guard let first = running.first, let head = first.run?.machine.heads else { return ["nobody runs"] }
    for node in running.dropFirst() where node.run?.machine.heads != head {
      found.append("\(node.name) and \(first.name) know other heads")
    }
    for node in running {
      if let run = node.run, !run.jobs.isEmpty || run.isDiskBusy { found.append("\(node.name)'s disk is at work") }
      if (try? node.disk?.heads()) != node.run?.machine.heads {
        found.append("\(node.name) believes other heads than its disk holds")
      }
    }
    for node in running.dropFirst() where !isAgreed(node, first) {
      found.append("\(node.name) and \(first.name) have another idea of who belongs to the office")
    }
    found += presence(running)
    guard found.isEmpty else { return found }
    let wall = Self.epoch + now
    let digests = (try? first.disk?.digests(wall: wall)) ?? []
    for node in running.dropFirst() {
      let theirs = (try? node.disk?.digests(wall: wall)) ?? []
      for (mine, other) in zip(digests, theirs) where mine.digest != other.digest {
        found.append("\(node.name) and \(first.name) hold other rows in \(mine.table)")
      }
    }
    return found
  }

  /// Everybody is shown as they show themselves to whoever may hear of them, and to nobody else.
  private func presence(_ running: [SimulatedNode]) -> [String] {
    var found: [String] = []
    for node in running {
      guard let member = node.member, let own = node.run?.machine.shown(member, at: node.instant) else { continue }
      for other in running where other !== node {
        let shown = other.run?.machine.shown(member, at: other.instant)
        if let membership = node.run?.machine.membership,
          !Visibility.mayHear(other.device, of: node.device, in: membership)
        {
          if shown?.status ?? .offline != .offline { found.append("\(other.name), a guest, sees \(node.name)") }
        } else if shown?.devices.contains(where: { $0.device == node.device }) != true {
          found.append("\(other.name) does not see \(node.name)")
        } else if shown?.status != own.status || shown?.customStatus != own.customStatus || shown?.rooms != own.rooms {
          found.append("\(other.name) sees \(node.name) otherwise than \(node.name) does")
        }
      }
    }
    return found
  }

  /// Writes that were acknowledged and are missing somewhere.
  private func losses() -> [String] {
    var found: [String] = []
    let names = Set(staying.map(\.name))
    for node in staying {
      guard let disk = node.disk, let heads = try? disk.heads() else { continue }
      var held: Set<Ledger.Row> = []
      for (log, head) in heads.sorted {
        var first: UInt64 = 1
        while first <= head.sequence {
          let segments = (try? disk.segments(LogRange(log: log, first: first, last: head.sequence), maxBytes: 1 << 20))
          guard let segments, let last = segments.last?.last else {
            found.append("\(node.name) does not hold entry \(first) of a log whose head is \(head.sequence)")
            break
          }
          for row in segments.flatMap(\.changes).flatMap(\.change.rows) {
            held.insert(Ledger.Row(table: row.table, key: row.key))
          }
          first = last + 1
        }
      }
      // Of who was taken out since, others keep what they had heard.
      for write in ledger.acknowledged where names.contains(write.node) {
        for head in write.heads where heads[head.log].sequence < head.head.sequence {
          found.append("\(node.name) lacks what \(write.node) was told is on disk")
        }
        for row in write.rows where !held.contains(row) {
          found.append("\(node.name) lacks a row of \(row.table) that \(write.node) was told is on disk")
        }
      }
    }
    return found
  }

  /// Notifications that open for somebody outside, or do not for somebody inside.
  private func leaks() -> [String] {
    var found: [String] = []
    let members = Set(nodes.compactMap(\.member)).sorted()
    let staying = Set(staying.map(\.name))
    for node in nodes {
      guard let disk = node.disk, let own = node.member else { continue }
      for sent in ledger.sent {
        let isInside = sent.sender == own || sent.audience.contains(own)
        for reader in members {
          let seen = try? disk.notification(sent.key, for: reader, wall: Self.epoch + now)
          if seen?.title != nil || seen?.body != nil, !(isInside && reader == own) {
            found.append("a notification opens at \(node.name), who is outside its audience")
          }
          if isInside, reader == own, sent.isAcknowledged, staying.contains(node.name), seen?.title != sent.title {
            found.append("a notification does not open at \(node.name), who is inside its audience")
          }
        }
      }
      found += plainTexts(in: disk, of: node)
    }
    return found
  }

  /// What is sealed must not be legible in anybody's log.
  private func plainTexts(in disk: any Disk, of node: SimulatedNode) -> [String] {
    guard let heads = try? disk.heads() else { return [] }
    var found: [String] = []
    for (log, head) in heads.sorted where log.kind == .passing && head.sequence > 0 {
      let segments = (try? disk.segments(LogRange(log: log, first: 1, last: head.sequence), maxBytes: 1 << 20)) ?? []
      let rows = segments.flatMap(\.changes).flatMap(\.change.rows).filter { $0.table == Tables.notifications.name }
      for cell in rows.flatMap(\.cells) where cell.column != "kind" {
        if case .sealed = CellContent(bytes: cell.content) { continue }
        found.append("\(node.name) holds a notification's \(cell.column) in the clear")
      }
    }
    return found
  }
}
