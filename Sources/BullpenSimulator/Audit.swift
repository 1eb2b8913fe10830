import BullpenCore

// What must be true at every moment, also amid the storm.
extension Simulation {
  /// Looks at every node now and then while people work.
  func scheduleAudits() {
    for moment in stride(from: Int64(1_000), through: plan.duration, by: 2_000) {
      queue.add(at: now + moment) { [unowned self] in audit() }
    }
  }

  func audit() {
    for node in machines {
      bounds(of: node)
      for end in node.run?.ends.values.sorted(by: { $0.id < $1.id }) ?? []
      where end.bytesUnderWay > Limits.outboundBytes {
        findings.append("\(end.bytesUnderWay) bytes are under way to \(node.name) on one connection")
      }
      watermark(of: node)
    }
    findings += wronged()
  }

  func bounds(of node: SimulatedNode) {
    for fullness in node.run?.machine.fullness ?? [] where fullness.held > fullness.bound {
      findings.append("\(node.name) holds \(fullness.held) \(fullness.what), more than \(fullness.bound)")
    }
  }

  /// A head says that everything up to it is there.
  private func watermark(of node: SimulatedNode) {
    guard let disk = node.disk, let heads = try? disk.heads() else { return }
    var isHollow = false
    let holes = Holding.read(disk, heads, wall: wall) { segments in
      isHollow = isHollow || segments.contains { $0.entries.contains { $0.lacksLiving(at: wall) } }
    }
    if isHollow || !holes.isEmpty { findings.append("\(node.name) has a head that goes beyond what it holds") }
  }

  /// Nothing of the workspace goes to a device that the sender knows to be out: only why it is.
  func audit(_ message: PeerMessage, from node: SimulatedNode, to device: DeviceID?) {
    guard let device else { return }
    audit(message, from: node, telling: device)
    guard node.run?.machine.membership.isCut(device) == true else { return }
    switch message {
    case .statements, .goodbye, .refuse: break
    default: findings.append("\(node.name) goes on speaking with a device that it knows to be out")
    }
  }
}

extension Entry {
  /// Whether it lacks what it said, though some of it lives.
  fileprivate func lacksLiving(at wall: Int64) -> Bool {
    guard case .absent = payload else { return false }
    return expiry == 0 || expiry > wall + Limits.clockBound
  }
}
