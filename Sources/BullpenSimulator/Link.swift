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

    var bytes: Int { if case .frame(let bytes) = self { bytes.count } else { 0 } }
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
  /// What is under way to this side, in order, and when it arrives if nothing stands in the way.
  var pipe: [(packet: Packet, due: Int64)] = []
  var bytesUnderWay: Int { pipe.reduce(0) { $0 + $1.packet.bytes } }
  /// When the last that was sent arrives.
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
    target.arrival = max(target.arrival, now + latency()) + crossing(packet, to: target)
    traffic.frames += packet.bytes
    if !isCalm, isSlow(target), target.arrival - now >= 1_000 { toll.heldUp += 1 }
    target.pipe.append((packet, due: target.arrival))
    queue.add(at: target.arrival) { [unowned self] in pump(target) }
  }

  /// Milliseconds that a packet takes for its length.
  private func crossing(_ packet: LinkEnd.Packet, to end: LinkEnd) -> Int64 {
    let rates = [plan.bandwidth, end.node.bandwidth, end.other?.node.bandwidth].compactMap(\.self)
    return rates.min().map { Int64(packet.bytes) / $0 } ?? 0
  }

  private func isSlow(_ end: LinkEnd) -> Bool { end.node.bandwidth != nil || end.other?.node.bandwidth != nil }

  /// What is due arrives, unless there is no way: then it waits, as TCP would send it again.
  private func pump(_ target: LinkEnd) {
    while let sender = target.other, let next = target.pipe.first, next.due <= now, reaches(sender.node, target.node) {
      let packet = target.pipe.removeFirst().packet
      guard target.isOpen else {
        // Nobody has this connection any more, and says so.
        if case .frame = packet, sender.isOpen {
          target.pipe = []
          send(.end, from: target)
        }
        continue
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
    for end in links where end.pipe.first.map({ $0.due < now }) == true {
      hasten(end, from: now + random.between(200...1_500))
    }
  }

  /// A node's line is good again.
  func quicken(_ node: SimulatedNode) {
    node.bandwidth = nil
    for end in links where !end.pipe.isEmpty && (end.node === node || end.other?.node === node) {
      hasten(end, from: now + latency())
    }
  }

  /// What is under way to this side arrives from that moment on, as fast as its line carries it.
  private func hasten(_ end: LinkEnd, from moment: Int64) {
    end.arrival = moment
    for place in end.pipe.indices {
      end.arrival += crossing(end.pipe[place].packet, to: end)
      end.pipe[place].due = end.arrival
      queue.add(at: end.arrival) { [unowned self] in pump(end) }
    }
  }
}
