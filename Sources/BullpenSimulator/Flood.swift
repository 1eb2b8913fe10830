import BullpenCore

// A program that writes faster than any disk: what finds no room is refused at once, and what is acknowledged stays.
extension Simulation {
  /// At one node so many activities are written at the same moment.
  func flood(_ index: Int, writes: Int) {
    let node = nodes[index]
    guard node.isUp, let waiting = node.run?.answers.count else { return }
    let before = ledger.refusals.count
    for number in 0..<writes { act(node, text: "\(number) of \(writes)") }
    let refusals = ledger.refusals.dropFirst(before)
    if refusals.count < waiting + writes - Limits.commitsQueued {
      findings.append("\(node.name) takes more writes than may wait for its disk")
    }
    for refusal in refusals where refusal.code != CommitFailure.queueFull || refusal.hint.isEmpty {
      findings.append("\(node.name) does not say what to do when too many writes wait: \(refusal.reason)")
    }
  }
}
