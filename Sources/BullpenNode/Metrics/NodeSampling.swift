import BullpenTransport

extension Node {
  /// Reads what is not counted as it happens: sockets, peers, the process.
  public func sampleMetrics() async {
    var known = 0
    var live = 0
    for node in nodes.values {
      let states = await node.look { machine, now in machine.peerStates(at: now) }
      known += states.count
      live += states.count(where: \.isHere)
    }
    measures.note(sockets.datagrams.counts, sockets.connections.counts)
    measures.note(workspaces: nodes.count, known: known, live: live)
    measures.note(ProcessReading.now(wall: Clocks.now().wall))
  }
}
