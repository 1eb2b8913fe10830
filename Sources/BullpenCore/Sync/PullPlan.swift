/// What this node lacks and from whom it asks for it: never the same range from two peers, and never for
/// long from a peer that does not deliver.
struct PullPlan: Sendable {
  private struct Request {
    var connection: ConnectionID
    var last: UInt64
    /// When the peer is passed over if nothing has come, on the boot clock.
    var deadline: Int64
  }

  private struct Offer: Hashable {
    var last: UInt64
    /// Not before this moment: the author's own push is likely under way.
    var notBefore: Int64
    /// Set when the peer did not deliver what it announced.
    var mutedUntil: Int64
    /// When it may be asked for.
    var moment: Int64 { max(notBefore, mutedUntil) }
  }

  private var requests: [LogID: Request] = [:] { didSet { looked = nil } }
  private var offers: [LogID: [ConnectionID: Offer]] = [:] { didSet { looked = nil } }
  /// When all of it was looked at last, and when to look again; nil where something has changed since.
  private var looked: (at: Int64, next: Int64?)?

  /// A peer has this log up to here.
  mutating func offer(_ log: LogID, through last: UInt64, by connection: ConnectionID, notBefore: Int64) {
    guard offers[log] != nil || offers.count < Limits.logs else { return }
    var offer = offers[log]?[connection] ?? Offer(last: 0, notBefore: notBefore, mutedUntil: 0)
    guard last > offer.last else { return }
    offer.last = last
    offer.notBefore = notBefore
    offers[log, default: [:]][connection] = offer
  }

  /// A connection is gone, and with it what it was asked for.
  mutating func dropped(_ connection: ConnectionID) {
    requests = requests.filter { $0.value.connection != connection }
    for log in offers.keys { offers[log]?[connection] = nil }
    offers = offers.filter { !$0.value.isEmpty }
  }

  /// A log has grown on our disk.
  mutating func advanced(_ log: LogID, to sequence: UInt64, at now: Instant) {
    if var request = requests[log] {
      request.deadline = now.boot + Limits.pullPatience
      requests[log] = sequence >= request.last ? nil : request
    }
    offers[log] = offers[log]?.filter { $0.value.last > sequence }
    if offers[log]?.isEmpty == true { offers[log] = nil }
  }

  /// What a peer sent of this log could not be used: ask others, and this one only later.
  mutating func refused(
    _ log: LogID, by connection: ConnectionID, for milliseconds: Int64 = Limits.pullMute, at now: Instant
  ) {
    offers[log]?[connection]?.mutedUntil = now.boot + milliseconds
    if requests[log]?.connection == connection { requests[log] = nil }
  }

  /// Whatever was asked or passed over may be asked anew.
  mutating func retryAll() {
    requests = [:]
    for log in offers.keys {
      for connection in (offers[log] ?? [:]).keys { offers[log]?[connection]?.mutedUntil = 0 }
    }
  }

  /// Whom to pass over now: who was asked and has let the time pass, by log in ascending order.
  mutating func lapse(at now: Instant) -> [(log: LogID, connection: ConnectionID)] {
    let late = requests.filter { $0.value.deadline <= now.boot }.sorted { $0.key < $1.key }
    for (log, request) in late { refused(log, by: request.connection, at: now) }
    return late.map { ($0.key, $0.value.connection) }
  }

  /// Whether something was asked of a connection and is still to come.
  func hasAsked(_ connection: ConnectionID) -> Bool { requests.values.contains { $0.connection == connection } }

  /// What to ask now, by connection in ascending order.
  mutating func wants(_ heads: Heads, at now: Instant) -> [(ConnectionID, [LogRange])] {
    // However much is offered, an event that changes nothing of it costs nothing.
    if let looked, looked.next ?? .max > now.boot { return [] }
    var load: [ConnectionID: Int] = [:]
    for request in requests.values { load[request.connection, default: 0] += 1 }
    var wants: [ConnectionID: [LogRange]] = [:]
    func isAble(_ connection: ConnectionID, _ offer: Offer, beyond own: UInt64) -> Bool {
      offer.last > own && offer.moment <= now.boot && load[connection] ?? 0 < Limits.rangesQueued
    }
    let open = offers.filter { log, byPeer in
      requests[log] == nil && byPeer.contains { isAble($0.key, $0.value, beyond: heads[log].sequence) }
    }
    for (log, byPeer) in open.sorted(by: { $0.key < $1.key }) {
      let own = heads[log].sequence
      // The least busy peer, then the one that has most, then the first.
      let best = byPeer.filter { isAble($0.key, $0.value, beyond: own) }.min { a, b in
        let (x, y) = (load[a.key] ?? 0, load[b.key] ?? 0)
        if x != y { return x < y }
        return a.value.last != b.value.last ? a.value.last > b.value.last : a.key < b.key
      }
      guard let best else { continue }
      load[best.key, default: 0] += 1
      wants[best.key, default: []].append(LogRange(log: log, first: own + 1, last: best.value.last))
      requests[log] = Request(
        connection: best.key, last: best.value.last, deadline: now.boot + Limits.pullPatience)
    }
    looked = (now.boot, soonest(after: now.boot))
    return wants.sorted { $0.key < $1.key }
  }

  /// When `wants` may say something new.
  var nextDeadline: Int64? { looked.map(\.next) ?? soonest(after: .min) }

  /// What could be asked by then, and was not, waits for a peer to have room: no clock brings that about.
  private func soonest(after moment: Int64) -> Int64? {
    var next = requests.values.map(\.deadline).min()
    for (log, byPeer) in offers where requests[log] == nil {
      for offer in byPeer.values where offer.moment > moment { next = min(next ?? offer.moment, offer.moment) }
    }
    return next
  }

  /// Logs of which some peer has more than we have.
  var offered: Int { offers.count }
  /// Ranges that one peer was asked for and has not sent.
  var mostAsked: Int {
    Dictionary(grouping: requests.values, by: \.connection).values.map(\.count).max() ?? 0
  }

  var isIdle: Bool { requests.isEmpty && offers.isEmpty }
}
