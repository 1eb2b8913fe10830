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
      for fullness in node.run?.machine.fullness ?? [] where fullness.held > fullness.bound {
        findings.append("\(node.name) holds \(fullness.held) \(fullness.what), more than \(fullness.bound)")
      }
      for end in node.run?.ends.values.sorted(by: { $0.id < $1.id }) ?? []
      where end.bytesUnderWay > Limits.outboundBytes {
        findings.append("\(end.bytesUnderWay) bytes are under way to \(node.name) on one connection")
      }
      watermark(of: node)
    }
  }

  /// A head says that everything up to it is there.
  private func watermark(of node: SimulatedNode) {
    guard let disk = node.disk, let heads = try? disk.heads() else { return }
    for (log, head) in heads.sorted where head.sequence > 0 {
      let range = LogRange(log: log, first: head.sequence, last: head.sequence, digest: head.digest)
      if (try? disk.segments(range, maxBytes: 1))?.last?.last != head.sequence {
        findings.append("\(node.name) has a head whose entry it does not hold")
      }
    }
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
