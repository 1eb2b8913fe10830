import BullpenCore
import BullpenStore

// A home that was copied, keys and all, and runs on two machines.
extension Simulation {
  /// A second machine starts with what a node's disk has at this moment.
  func copy(_ node: SimulatedNode) {
    guard node.store != nil, case .file(let from) = node.location else { return }
    let copy = SimulatedNode(machines.count, copyOf: node)
    guard case .file(let path) = copy.location else { return }
    do {
      try DiskImage(from).write(to: path)
      copies.append(copy)
      sides.append(sides[node.index])
      places[copy.endpoint] = copy.index
      try copy.reopen()
      copy.start()
    } catch {
      findings.append("the copy of \(node.name)'s home cannot start: \(error)")
    }
  }

  /// The person has been told that the home runs twice, and has put the second away.
  func endCopies(of node: SimulatedNode) {
    for copy in copies where copy.original === node && copy.store != nil {
      let stakes = stakes(on: copy)
      copy.stop()
      copy.isAsleep = false
      try? copy.store?.close()
      copy.store = nil
      copy.disk = nil
      settle(stakes, on: copy)
    }
  }
}
