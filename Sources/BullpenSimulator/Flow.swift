import BullpenCore

/// What is under way between one process and its peers, seen from outside the root machine.
struct Flow {
  /// A range that was asked of a peer.
  private struct Pull {
    let connection: ConnectionID
    let range: ClosedRange<UInt64>
    /// How far it was sent and given to the disk.
    var reached: UInt64
    /// When it was asked, or something of it came last, on the boot clock.
    var moment: Int64
    /// Whether somebody else was asked for some of it since, for it had let the time pass.
    var isPassedOver = false

    /// Whether somebody is sending entries of this range, or has sent them.
    func covers(_ wanted: ClosedRange<UInt64>, at now: Int64) -> Bool {
      // Whoever has let the time pass may be passed over, and what comes of it later may come twice.
      guard !isPassedOver, wanted.overlaps(range) else { return false }
      return wanted.lowerBound <= (now - moment < Limits.pullPatience ? range.upperBound : reached)
    }
  }

  /// By connection, the cost of segments that were sent and for which no credit has come back.
  private(set) var unpaid: [ConnectionID: Int] = [:]
  /// By connection, the cost of each message of segments that waits for the disk.
  private var arriving: [ConnectionID: [Int]] = [:]
  private var pulls: [LogID: [Pull]] = [:]

  /// - Returns: for how much no credit has come back on this connection.
  mutating func sent(_ segments: [Segment], on connection: ConnectionID) -> Int {
    unpaid[connection, default: 0] += segments.reduce(0) { $0 + $1.cost }
    return unpaid[connection, default: 0]
  }

  mutating func paid(_ credit: UInt32, on connection: ConnectionID) {
    unpaid[connection] = unpaid[connection].map { max($0 - Int(credit), 0) }
  }

  /// Segments are given to the disk.
  ///
  /// - Returns: how much of what came on this connection waits for it.
  mutating func came(_ segments: [Segment], on connection: ConnectionID, at now: Int64) -> Int {
    arriving[connection, default: []].append(segments.reduce(0) { $0 + $1.cost })
    for segment in segments {
      for place in pulls[segment.log]?.indices ?? 0..<0 {
        guard let pull = pulls[segment.log]?[place], pull.connection == connection, segment.first <= pull.reached + 1,
          segment.last > pull.reached
        else { continue }
        pulls[segment.log]?[place].reached = segment.last
        pulls[segment.log]?[place].moment = now
      }
    }
    return arriving[connection, default: []].reduce(0, +)
  }

  /// The disk has answered. What it refused may be asked for again; what it could not take, with all else.
  mutating func stored(_ outcome: ApplyOutcome, on connection: ConnectionID?) {
    for (log, reason) in outcome.rejected { reason == .storage ? pulls = [:] : (pulls[log] = nil) }
    for departure in outcome.departed { pulls[departure.log] = nil }
    guard let connection, arriving[connection]?.isEmpty == false else { return }
    arriving[connection]?.removeFirst()
    if arriving[connection]?.isEmpty == true { arriving[connection] = nil }
  }

  mutating func closed(_ connection: ConnectionID) {
    unpaid[connection] = nil
    for log in pulls.keys { pulls[log]?.removeAll { $0.connection == connection } }
  }

  /// - Parameter heads: of this process.
  /// - Returns: whether a peer is asked for what another is sending, or has sent.
  mutating func asks(_ range: LogRange, of connection: ConnectionID, _ heads: Heads, at now: Int64) -> Bool {
    // What is not beyond a head is looked for on another branch, from ever further back.
    let head = heads[range.log].sequence
    guard range.first > head, range.last >= range.first else { return false }
    let wanted = range.first...range.last
    var known = pulls[range.log, default: []].filter { $0.range.upperBound > head }
    let isRepeat = known.contains { $0.covers(wanted, at: now) }
    for place in known.indices where known[place].range.overlaps(wanted) { known[place].isPassedOver = true }
    known.append(Pull(connection: connection, range: wanted, reached: range.first - 1, moment: now))
    pulls[range.log] = known
    return isRepeat
  }
}

extension SimulatedNode {
  /// What may be under way on one connection: what there is credit for, and one message more.
  private static let most = Limits.creditWindow + 2 * Limits.segmentBytes

  /// Looks at what comes before the process does.
  func watch(_ event: Event, _ run: NodeRun) {
    switch event {
    case .received(let connection, .acknowledge(let acknowledgement)):
      run.flow.paid(acknowledgement.credit, on: connection)
    case .applied(let connection, let outcome): run.flow.stored(outcome, on: connection)
    case .closed(let connection): run.flow.closed(connection)
    default: break
    }
  }

  /// Looks at what the process does before it is done.
  func watch(_ effect: Effect, _ run: NodeRun) {
    switch effect {
    case .send(let connection, .segments(let batch)) where lie == nil && run.ends[connection] != nil:
      let unpaid = run.flow.sent(batch.segments, on: connection)
      guard unpaid > Self.most else { return }
      simulation.findings.append("\(name) sends \(unpaid) bytes to one peer, which has given credit for fewer")
    case .send(let connection, .want(let want)) where run.ends[connection] != nil:
      for range in want.ranges
      where run.flow.asks(range, of: connection, run.machine.heads, at: instant.boot) {
        simulation.findings.append("\(name) asks a peer for what another is sending, or has sent")
      }
    case .apply(let connection, let segments, _, _, _) where run.ends[connection] != nil:
      let held = run.flow.came(segments, on: connection, at: instant.boot)
      guard held > Self.most else { return }
      simulation.findings.append("\(name) holds \(held) bytes that one peer has sent and that are not on disk yet")
    case .close(let connection): run.flow.closed(connection)
    default: break
    }
  }
}
