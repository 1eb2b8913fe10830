import BullpenCore
import BullpenWire

/// One side of a connection between two nodes: ordered, whole until it is cut, and both sides know whose device
/// the other is, as after TLS.
final class LinkEnd {
  enum Stage {
    case greeting(Greeting)
    case workspace
  }

  enum Packet {
    case frame([UInt8])
    case end
  }

  let node: SimulatedNode
  /// The process that has this side open; a later one knows nothing of it. Nil for who is joining.
  let run: NodeRun?
  let id: ConnectionID
  let isOutbound: Bool
  var stage: Stage
  /// By which its side asks to be let in.
  var invite: InviteID?
  /// Set when both sides exist.
  var other: LinkEnd?
  var isOpen = true
  var reader = FrameReader()
  /// What is under way to this side, in order.
  var pipe: [Packet] = []
  var bytesUnderWay: Int {
    pipe.reduce(0) { sum, packet in if case .frame(let bytes) = packet { sum + bytes.count } else { sum } }
  }
  /// When the last of it arrives, if nothing stands in the way.
  var arrival: Int64 = 0

  init(_ node: SimulatedNode, isOutbound: Bool, _ stage: Stage) {
    self.node = node
    self.isOutbound = isOutbound
    self.stage = stage
    run = node.run
    id = ConnectionID(raw: run?.nextConnection ?? 0)
    run?.nextConnection += 1
  }
}

extension Simulation {
  func send(_ packet: LinkEnd.Packet, from end: LinkEnd) {
    guard let target = end.other else { return }
    target.arrival = max(target.arrival, now + latency())
    if case .frame(let bytes) = packet {
      traffic.frames += bytes.count
      if let bandwidth = plan.bandwidth { target.arrival += Int64(bytes.count) / bandwidth }
    }
    target.pipe.append(packet)
    queue.add(at: target.arrival) { [unowned self] in pump(target) }
  }

  /// One packet arrives, unless there is no way: then it waits, as TCP would send it again.
  private func pump(_ target: LinkEnd) {
    guard let sender = target.other, !target.pipe.isEmpty, reaches(sender.node, target.node) else { return }
    let packet = target.pipe.removeFirst()
    guard target.isOpen else {
      // Nobody has this connection any more, and says so.
      if case .frame = packet, sender.isOpen {
        target.pipe = []
        send(.end, from: target)
      }
      return
    }
    switch packet {
    case .frame(let bytes):
      trace.note(now, target.node.name, "hears \(sender.node.name) on \(target.id.raw)", bytes)
      target.node.heard(bytes, on: target)
    case .end:
      trace.note(now, target.node.name, "is left by \(sender.node.name) on \(target.id.raw)")
      close(target, tellsOther: false)
    }
  }

  /// Ends this side. The other hears of it if it can.
  func close(_ end: LinkEnd, tellsOther: Bool = true) {
    guard end.isOpen else { return }
    end.isOpen = false
    if tellsOther { send(.end, from: end) }
    guard let run = end.run else { return }
    run.ends[end.id] = nil
    end.node.later(0, run) { $0.handle(.closed(end.id)) }
  }

  /// There is a way again: what waited is sent again, some time later, as TCP backs off.
  func resumeLinks() {
    let isOver: (LinkEnd) -> Bool = { !$0.isOpen && $0.other?.isOpen != true }
    let over = links.filter(isOver)
    links.removeAll(where: isOver)
    // Both sides hold one another.
    for end in over { end.other = nil }
    for end in links where !end.pipe.isEmpty {
      let moment = now + random.between(200...1_500)
      for _ in end.pipe { queue.add(at: moment) { [unowned self] in pump(end) } }
    }
  }
}
