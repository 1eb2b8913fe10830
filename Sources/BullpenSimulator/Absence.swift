import BullpenCore

// Who is here, and who is not: what people trust first, over the same bad network.
extension Simulation {
  /// One machine of an office that is at rest loses its power, while packets are lost, doubled and late as before. In time
  /// it is here for nobody any more, and nobody else was ever said to be gone.
  ///
  /// - Parameter moment: when the last fault of the plan has come.
  /// - Returns: what is wrong, in words; empty when all is well.
  func absence(after moment: Int64) -> [String] {
    if now <= moment {
      advance(by: moment + 1 - now)
      heal()
      // All meet who were apart.
      advance(by: 20_000)
    }
    let running = staying.filter(\.isUp)
    guard running.count > 2 else { return [] }
    // Whoever has just met a second machine with its key leaves others to that for a while.
    if running.contains(where: { $0.run?.machine.twin(at: $0.instant) != nil }) { advance(by: Limits.twinMemory) }
    isCalm = false
    defer { isCalm = true }
    let gone = random.pick(running), rest = running.filter { $0 !== gone }
    // Whoever may hear no more can be shown what was said before, until that holds no longer.
    let seen = rest.flatMap { viewer in
      rest.filter {
        $0 !== viewer && isShown($0, at: viewer) && $0.run?.machine.visibility.admits(viewer.device) == true
      }
      .map { (viewer, $0) }
    }
    gone.crash(isSilent: true)
    // Eight seconds are promised; a packet may come two seconds late.
    let end = now + 8_000 + 2_000 + 4 * plan.latency.upperBound
    var found: [String] = []
    while now < end {
      advance(by: 250)
      // Whoever shares the network may have kept what it said.
      echo(gone, from: gone, most: 8)
      for (viewer, other) in seen where !isShown(other, at: viewer) {
        found.append("\(viewer.name) says that \(other.name), who runs, is gone")
      }
    }
    for viewer in rest where isShown(gone, at: viewer) {
      found.append("\(viewer.name) still shows \(gone.name), whose power went")
    }
    return found
  }

  private func isShown(_ node: SimulatedNode, at viewer: SimulatedNode) -> Bool {
    guard let member = node.member, let shown = viewer.run?.machine.shown(member, at: viewer.instant) else {
      return false
    }
    return shown.devices.contains { $0.device == node.device }
  }
}
