import BullpenCore

/// What is sent again later: datagrams that have arrived, as whoever shares the network has seen them, and what a changed
/// program has kept of what it said and heard over its connections. A datagram that was lost and comes later is late, and the
/// first of its number.
struct Recording {
  /// Of each sender, and of each that keeps messages.
  private static let most = 60

  private var datagrams: [DeviceID: [(datagram: [UInt8], to: Endpoint)]] = [:]
  private var messages: [Int: [PeerMessage]] = [:]

  mutating func note(_ datagram: [UInt8], from sender: DeviceID, to endpoint: Endpoint) {
    datagrams[sender, default: []].append((datagram, endpoint))
    if datagrams[sender, default: []].count > Self.most { datagrams[sender]?.removeFirst() }
  }

  mutating func note(_ message: PeerMessage, at keeper: Int) {
    messages[keeper, default: []].append(message)
    if messages[keeper, default: []].count > Self.most { messages[keeper]?.removeFirst() }
  }

  func datagrams(from sender: DeviceID) -> [(datagram: [UInt8], to: Endpoint)] { datagrams[sender] ?? [] }
  func messages(at keeper: Int) -> [PeerMessage] { messages[keeper] ?? [] }
}

extension FaultPlan.Fault {
  var isReplay: Bool { if case .replay = self { true } else { false } }
}

extension Simulation {
  /// Twice a second, as long as its program lies so, a node sends again what it has kept, with segments of its disk that nobody
  /// asked for, and datagrams of everybody.
  func replay(_ index: Int) {
    let node = nodes[index]
    guard node.lie == .replaying else { return }
    queue.add(at: now + 500) { [unowned self] in replay(index) }
    guard node.isUp, let run = node.run else { return }
    let kept = recording?.messages(at: index) ?? []
    for (_, end) in run.ends.sorted(by: { $0.key < $1.key }) where end.isOpen {
      guard case .workspace = end.stage else { continue }
      if !kept.isEmpty { for _ in 0..<4 { node.say(random.pick(kept), on: end) } }
      let old = oldSegments(at: node)
      if !old.isEmpty { node.say(.segments(SegmentBatch(segments: old)), on: end) }
    }
    for sender in nodes {
      echo(sender, from: random.chance(500) ? node : sender, most: 8)
    }
  }

  /// Datagrams of a sender come once more, from this machine's address, to whom they were sent.
  func echo(_ sender: SimulatedNode, from source: SimulatedNode, most: Int) {
    guard let datagrams = recording?.datagrams(from: sender.device), !datagrams.isEmpty else { return }
    for _ in 0..<most {
      let (datagram, endpoint) = random.pick(datagrams)
      deliver(datagram, from: source, to: endpoint, after: latency())
    }
  }

  /// Some of what a node holds of anybody's log.
  private func oldSegments(at node: SimulatedNode) -> [Segment] {
    guard let heads = node.run?.machine.heads.sorted.filter({ $0.head.sequence > 0 }), !heads.isEmpty else { return [] }
    let (log, head) = random.pick(heads)
    let first = 1 + UInt64(random.below(Int(head.sequence)))
    let range = LogRange(log: log, first: first, last: head.sequence, digest: head.digest)
    return (try? node.disk?.segments(range, maxBytes: 4_096)) ?? []
  }
}
