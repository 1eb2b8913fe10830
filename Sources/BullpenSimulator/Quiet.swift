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
      comeAgain()
      heedAgain()
      advance(by: 500)
      differences = unrest()
    } while !differences.isEmpty && now < end
    return differences + losses() + brokenPromises() + unnamed() + uninvited() + spoils() + leaks() + forgeries()
      + unsound() + early() + wronged()
  }

  /// What those who have changed their programs have got by it.
  private func spoils() -> [String] { gains() + rewritten() + hasty() }

  /// Nodes that nobody has taken out.
  var staying: [SimulatedNode] {
    let memberships = nodes.compactMap { $0.run?.machine.membership }
    return nodes.filter { node in !memberships.contains { isOut(node, by: $0) } }
  }

  /// Whoever was let in by one who was out already, though neither knew of it, is out as well.
  private func isOut(_ node: SimulatedNode, by membership: Membership) -> Bool {
    if membership.isCut(node.device) { return true }
    guard membership.device(node.device) == nil, let door = node.door else { return false }
    return isOut(door, by: membership)
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
      if node.run?.answers.isEmpty == false { found.append("\(node.name) is not told what came of a write") }
      if (try? node.disk?.heads()) != node.run?.machine.heads {
        found.append("\(node.name) believes other heads than its disk holds")
      }
    }
    for node in running.dropFirst() where !isAgreed(node, first) {
      found.append("\(node.name) and \(first.name) have another idea of who belongs to the office")
    }
    found += presence(running) + shutOut()
    guard found.isEmpty else { return found }
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
      if let teams = try? node.store?.teams(), teams != node.privacy.teams {
        found.append("\(node.name) goes by other teams than its disk holds")
      }
      guard let member = node.member, let own = node.run?.machine.shown(member, at: node.instant) else { continue }
      for other in running where other !== node {
        let shown = other.run?.machine.shown(member, at: other.instant)
        let expected = other.member == member ? own : own.told(by: node.privacy.settings)
        if !node.lets(other.device) {
          // Every goodbye may be lost: then what was said before is shown for as long as it holds.
          let age = other.run.flatMap { $0.machine.age(ofPresence: node.device, at: other.instant) } ?? .max
          if shown?.status ?? .offline != .offline, age >= Limits.presenceHolds {
            found.append("\(other.name) sees \(node.name) and may not")
          }
        } else if shown?.devices.contains(where: { $0.device == node.device }) != true {
          found.append("\(other.name) does not see \(node.name)")
        } else if shown?.status != expected.status || shown?.customStatus != expected.customStatus
          || shown?.rooms != expected.rooms
        {
          found.append("\(other.name) sees \(node.name) otherwise than \(node.name) shows")
        }
      }
    }
    return found
  }
}

extension MemberPresence {
  /// What others see of it.
  fileprivate func told(by settings: PresenceSettings) -> MemberPresence {
    var told = self
    if !settings.showsPage { told.rooms = [] }
    if !settings.showsActivity, told.status == .idle { told.status = .online }
    return told
  }
}
