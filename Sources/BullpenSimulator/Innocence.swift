import BullpenCore

// Nobody is said to have done what they have not done.
extension Simulation {
  /// Machines of which others tell their persons that they keep back what they announce, or have told two stories of one
  /// log, though nothing of the kind has happened at them.
  func wronged() -> [String] {
    machines.filter(\.isUp).flatMap { node -> [String] in
      let withholding = node.run?.machine.peerStates(at: node.instant).filter(\.isWithholding).map(\.device) ?? []
      let forked = ((try? node.store?.forkNotices(at: wall)) ?? []).map(\.device)
      return nodes.flatMap { other in
        var found: [String] = []
        if withholding.contains(other.device), !keptBack.contains(other.index) {
          found.append("\(node.name) says that \(other.name) keeps back what it announces, and it does not")
        }
        if forked.contains(other.device), !hadBranches.contains(other.index) {
          found.append("\(node.name) says that \(other.name) has told two stories, and it has not")
        }
        return found
      }
    }
  }
}

extension FaultPlan.Fault {
  /// Whose program does not send what it announces from now on.
  var keepingBack: Int? {
    switch self {
    case .withhold(let index), .boast(let index, _), .hollow(let index), .garble(let index), .defy(let index),
      .replay(let index):
      index
    default: nil
    }
  }

  /// Whose log may have branches from now on: it is told so, or the machine has forgotten what it wrote.
  var branching: Int? {
    switch self {
    case .putBack(let index), .restore(let index), .copy(let index), .damage(let index, _), .equivocate(let index, _),
      .useUp(let index):
      index
    default: nil
    }
  }
}
