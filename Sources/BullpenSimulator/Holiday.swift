import BullpenCore

// Rows that pass die, and beginnings of logs go, after longer than anybody wants to simulate.
extension Simulation {
  private static let day: Int64 = 86_400_000

  /// All machines stand still for so many days; those that ran wake a second later.
  func standStill(_ days: Int64) {
    let running = machines.filter(\.isUp)
    for machine in running { machine.suspend() }
    holidays += days * Self.day
    for machine in machines { machine.stoodStill(days * Self.day) }
    queue.add(at: now + 1_000) { [unowned self] in
      for machine in running where machine.isAsleep { machine.wake() }
      resumeLinks()
      for machine in running { announce(machine) }
    }
  }
}
