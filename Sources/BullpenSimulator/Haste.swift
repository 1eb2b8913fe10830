import BullpenCore

// Whoever has a poor line waits for what it brings, and nobody else does.
extension Simulation {
  /// In an office that is at rest the lines that were poor are so once more, and more is written than they carry. What
  /// somebody with a good line writes then, all others with one have within a second.
  ///
  /// - Parameter moment: when the last fault of the plan has come.
  /// - Returns: what is wrong, in words; empty when all is well, and where no line was poor.
  func haste(after moment: Int64) -> [String] {
    let faults = plan.faults.map(\.fault).filter { if case .slow = $0 { true } else { false } }
    guard !faults.isEmpty else { return [] }
    if now <= moment {
      advance(by: moment + 1 - now)
      let differences = settle()
      guard differences.isEmpty else { return differences }
    }
    for fault in faults { bring(fault) }
    var found = delays()
    for node in nodes where node.bandwidth != nil { bring(.quick(node.index)) }
    var differences: [String] = []
    wait(upTo: 60_000, step: 500) {
      differences = unrest()
      return differences.isEmpty
    }
    found += differences
    return found
  }

  private static let poured: Int64 = 64

  private func delays() -> [String] {
    let running = staying.filter(\.isUp)
    let quick = running.filter { $0.bandwidth == nil }
    guard quick.count >= 2, quick.count < running.count else { return [] }
    let author = random.pick(quick)
    pour(author, Int(Self.poured))
    advance(by: 1_000)
    let count = ledger.acknowledged.count
    act(author, text: "by a good line")
    // It may be refused, to the person's face.
    guard wait(upTo: 1_000, step: 10, { ledger.acknowledged.count > count }) else { return [] }
    let heads = ledger.acknowledged[count].heads
    func isWaiting(_ node: SimulatedNode) -> Bool {
      guard let known = node.run?.machine.heads else { return false }
      return heads.contains { known[$0.log].sequence < $0.head.sequence }
    }
    // A disk that takes its time for each message is no line's fault.
    wait(upTo: 1_000 + Self.poured * plan.diskDelay.upperBound, step: 10) { !quick.contains(where: isWaiting) }
    audit()
    return quick.filter(isWaiting).map { "\($0.name) waits for what \(author.name) wrote, though both have good lines" }
  }
}
