/// What this node lacks and from whom it asks for it: never the same range from two peers, and never for
/// long from a peer that does not deliver.
///
/// Mostly a peer that has more of a log goes on from where we stand, and is asked for what follows. Where it does not,
/// it has another branch of the log, which is asked for by its head: from its last entry at first, or from the one where
/// we stand, then from ever further back, until what comes goes on from an entry that is here.
struct PullPlan: Sendable {
  private struct Request {
    var connection: ConnectionID
    /// Of the head that is asked for, where it is a branch.
    var branch: Digest?
    var first: UInt64
    var last: UInt64
    /// Its number among all that was asked of anybody: a peer sends in the order in which it was asked.
    var place: UInt64
    /// How far the peer has sent it.
    var reached: UInt64
    /// When the peer is passed over if nothing more has come, on the boot clock.
    var deadline: Int64
    /// When at the latest, however much comes of what it was asked before.
    var longest: Int64
    /// Whether something came that does not go on from what is here.
    var hasGap = false
  }

  /// A range that was asked for and did not come in time.
  struct Lapse {
    let log: LogID
    /// The entry up to which it was asked for.
    let last: UInt64
    let connection: ConnectionID
    /// Whether something came that does not go on from what is here.
    let hasGap: Bool
  }

  private struct Offer: Hashable {
    var last: UInt64
    var digest: Digest?
    /// Not before this moment: the author's own push is likely under way.
    var notBefore: Int64
    /// Set when the peer did not deliver what it announced.
    var mutedUntil: Int64
    /// When it may be asked for.
    var moment: Int64 { max(notBefore, mutedUntil) }

    /// What is passed over for one reason is not asked sooner for another: after a hole, the rest comes with a gap.
    mutating func mute(until moment: Int64) { mutedUntil = max(mutedUntil, moment) }
  }

  /// A head that is on no branch that is here.
  private struct Branch: Hashable {
    let head: Head
    /// The entry from which on it is asked for.
    var first: UInt64
    var offers: [ConnectionID: Offer] = [:]
  }

  private var requests: [LogID: Request] = [:] { didSet { looked = nil } }
  private var offers: [LogID: [ConnectionID: Offer]] = [:] { didSet { looked = nil } }
  /// By log, in ascending order of head.
  private var branches: [LogID: [Branch]] = [:] { didSet { looked = nil } }
  /// How many logs each peer offers, and in how many it has branches.
  private var shares: [ConnectionID: Int] = [:]
  /// How many ranges were asked for so far.
  private var asked: UInt64 = 0
  /// When all of it was looked at last, and when to look again; nil where something has changed since.
  private var looked: (at: Int64, next: Int64?)?

  /// A peer has this log up to here.
  ///
  /// - Parameter digest: of its head; nil where it is not known.
  mutating func offer(
    _ log: LogID, through last: UInt64, digest: Digest? = nil, by connection: ConnectionID, notBefore: Int64
  ) {
    guard offers[log] != nil || offers.count < Limits.logs else { return }
    let known = offers[log]?[connection]
    guard known != nil || hasShare(connection) else { return }
    var offer = known ?? Offer(last: 0, notBefore: notBefore, mutedUntil: 0)
    guard last > offer.last else { return }
    if known == nil { shares[connection, default: 0] += 1 }
    offer.last = last
    offer.digest = digest
    offer.notBefore = notBefore
    offers[log, default: [:]][connection] = offer
  }

  /// A connection is gone, and with it what it was asked for.
  mutating func dropped(_ connection: ConnectionID) {
    requests = requests.filter { $0.value.connection != connection }
    for log in offers.keys { offers[log]?[connection] = nil }
    offers = offers.filter { !$0.value.isEmpty }
    for log in branches.keys { change(log) { $0.offers[connection] = nil } }
    shares[connection] = nil
  }

  private func hasShare(_ connection: ConnectionID) -> Bool { shares[connection] ?? 0 < Limits.logsOffered }

  private mutating func giveBack(_ connections: some Sequence<ConnectionID>) {
    for connection in connections { shares[connection]? -= 1 }
  }

  /// A log has grown on our disk.
  mutating func advanced(_ log: LogID, to sequence: UInt64) {
    if let request = requests[log], request.branch == nil, sequence >= request.last { requests[log] = nil }
    if let over = offers[log]?.filter({ $0.value.last <= sequence }).keys, !over.isEmpty {
      giveBack(over)
      for connection in over { offers[log]?[connection] = nil }
    }
    if offers[log]?.isEmpty == true { offers[log] = nil }
  }

  /// A peer has sent logs up to these entries, and what it sent holds. What comes of one range gives time to those that
  /// wait behind it, and none to one that was asked before: that one should have come first.
  mutating func delivered(_ reached: [LogID: UInt64], by connection: ConnectionID, at now: Instant) {
    let deadline = now.boot + Limits.pullPatience
    var earliest: UInt64?
    for (log, sequence) in reached {
      guard var request = requests[log], request.connection == connection else { continue }
      // Neither what it sends again, nor what the author has written since, is what was asked for.
      let sequence = min(sequence, request.last)
      guard sequence > request.reached else { continue }
      (request.reached, request.deadline) = (sequence, deadline)
      requests[log] = request
      earliest = min(earliest ?? .max, request.place)
    }
    guard let earliest else { return }
    for (log, request) in requests where request.connection == connection && request.place > earliest {
      requests[log]?.deadline = max(request.deadline, min(deadline, request.longest))
    }
  }

  /// What a peer sent of this log could not be used: ask others, and this one only later.
  mutating func refused(
    _ log: LogID, by connection: ConnectionID, for milliseconds: Int64 = Limits.pullMute, at now: Instant
  ) {
    let request = requests[log]?.connection == connection ? requests[log] : nil
    let moment = now.boot + milliseconds
    if let head = request?.branch {
      change(log) { if $0.head.digest == head { $0.offers[connection]?.mute(until: moment) } }
    } else {
      offers[log]?[connection]?.mute(until: moment)
    }
    if request != nil { requests[log] = nil }
  }

  /// What a peer sent of this log does not go on from what is here.
  mutating func gapped(_ log: LogID, by connection: ConnectionID) {
    if requests[log]?.connection == connection { requests[log]?.hasGap = true }
  }

  /// Whatever was asked or passed over may be asked anew.
  mutating func retryAll() {
    requests = [:]
    for log in offers.keys {
      for connection in (offers[log] ?? [:]).keys { offers[log]?[connection]?.mutedUntil = 0 }
    }
    for log in branches.keys {
      change(log) { branch in for connection in branch.offers.keys { branch.offers[connection]?.mutedUntil = 0 } }
    }
  }

  /// Whom to pass over now: who was asked and has let the time pass, by log in ascending order.
  ///
  /// - Parameter hasArrived: whether what goes on from an entry of a log has come from a peer and waits for the disk. For the
  ///   disk no peer is to blame, and nobody else is asked for what is here.
  mutating func lapse(
    at now: Instant, hasArrived: (LogID, ConnectionID, _ beyond: UInt64) -> Bool = { _, _, _ in false }
  ) -> [Lapse] {
    var late: [(key: LogID, value: Request)] = []
    for (log, request) in requests where request.deadline <= now.boot {
      if hasArrived(log, request.connection, request.reached) {
        requests[log]?.deadline = now.boot + Limits.pullPatience
      } else {
        late.append((log, request))
      }
    }
    late.sort { $0.key < $1.key }
    for (log, request) in late { refused(log, by: request.connection, at: now) }
    return late.map { log, request in
      Lapse(log: log, last: request.last, connection: request.connection, hasGap: request.hasGap)
    }
  }

  /// Whether something was asked of a connection and is still to come.
  func hasAsked(_ connection: ConnectionID) -> Bool { requests.values.contains { $0.connection == connection } }

  /// Whether a segment is of what a connection was asked for.
  func awaits(_ segment: Segment, of connection: ConnectionID) -> Bool {
    guard let request = requests[segment.log], request.connection == connection else { return false }
    return segment.first <= request.last && segment.last >= request.first
  }

  // MARK: - Branches

  /// A peer has heads of this log that are on no branch that is here.
  mutating func offer(branches heads: [Head], of log: LogID, by connection: ConnectionID) {
    for head in heads.prefix(Limits.branches) { add(head, of: log, from: head.sequence, by: connection) }
  }

  /// A peer has told of all heads of this log that it has: others it has no longer.
  mutating func keep(branches heads: [Head], of log: LogID, by connection: ConnectionID) {
    guard branches[log] != nil else { return }
    change(log) { if !heads.contains($0.head) { $0.offers[connection] = nil } }
  }

  /// The heads of a log that some peer has on other branches.
  func branches(of log: LogID) -> [Head] { (branches[log] ?? []).map(\.head) }

  /// These heads of a log are here, or are on the way to others that are.
  mutating func settled(_ heads: [Head], of log: LogID) {
    guard branches[log] != nil else { return }
    change(log) { if heads.contains($0.head) { $0.offers = [:] } }
    if let head = requests[log]?.branch, heads.contains(where: { $0.digest == head }) { requests[log] = nil }
  }

  func hasBranch(of log: LogID, by connection: ConnectionID) -> Bool {
    branches[log]?.contains { $0.offers[connection] != nil } ?? false
  }

  /// What a peer sent goes on from an entry that is not here, so it is asked for more, from further back.
  mutating func departed(_ departure: Departure, by connection: ConnectionID, at now: Instant) {
    let log = departure.log
    guard let request = requests[log], request.connection == connection else {
      // The author pushes it. What branches the peer has is known where some are being asked for.
      guard !hasBranch(of: log, by: connection) else { return }
      return add(departure.head, of: log, from: Self.back(from: departure.first, departure.head), by: connection)
    }
    // The rest of what was asked for before.
    guard departure.first <= request.first else { return }
    guard request.first > 1 else { return refused(log, by: connection, at: now) }
    requests[log] = nil
    if let digest = request.branch {
      change(log) { if $0.head.digest == digest { $0.first = Self.back(from: request.first, $0.head) } }
    } else {
      let offer = offers[log]?.removeValue(forKey: connection)
      if offer != nil { giveBack([connection]) }
      if offers[log]?.isEmpty == true { offers[log] = nil }
      let head = offer.flatMap { offer in offer.digest.map { Head(sequence: offer.last, digest: $0) } }
      let wanted = head ?? departure.head
      add(wanted, of: log, from: Self.back(from: request.first, wanted), by: connection)
    }
  }

  /// Four times as far from the head as before.
  private static func back(from first: UInt64, _ head: Head) -> UInt64 {
    let distance = head.sequence >= first ? head.sequence - first + 1 : 1
    return distance < head.sequence / 4 ? head.sequence - 4 * distance + 1 : 1
  }

  private mutating func add(_ head: Head, of log: LogID, from first: UInt64, by connection: ConnectionID) {
    guard head.sequence >= 1, branches[log] != nil || branches.count < Limits.logs else { return }
    var known = branches[log] ?? []
    guard known.count(where: { $0.offers[connection] != nil }) < Limits.branches, hasShare(connection) else { return }
    let place = known.firstIndex { $0.head >= head } ?? known.endIndex
    if place == known.endIndex || known[place].head != head {
      known.insert(Branch(head: head, first: first), at: place)
    }
    known[place].first = min(known[place].first, first)
    let offer = Offer(last: head.sequence, digest: head.digest, notBefore: 0, mutedUntil: 0)
    if known[place].offers[connection] == nil {
      known[place].offers[connection] = offer
      shares[connection, default: 0] += 1
    }
    branches[log] = known
  }

  /// Changes every branch of a log, and forgets those that nobody offers.
  private mutating func change(_ log: LogID, _ work: (inout Branch) -> Void) {
    guard var known = branches[log] else { return }
    for place in known.indices {
      let before = known[place].offers
      work(&known[place])
      giveBack(before.keys.filter { known[place].offers[$0] == nil })
    }
    known.removeAll { $0.offers.isEmpty }
    branches[log] = known.isEmpty ? nil : known
  }

  // MARK: - Asking

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
    func ask(_ log: LogID, _ byPeer: [ConnectionID: Offer], from first: UInt64, branch: Digest?) {
      // The least busy peer, then the one that has most, then the first.
      let best = byPeer.filter { isAble($0.key, $0.value, beyond: first - 1) }.min { a, b in
        let (x, y) = (load[a.key] ?? 0, load[b.key] ?? 0)
        if x != y { return x < y }
        return a.value.last != b.value.last ? a.value.last > b.value.last : a.key < b.key
      }
      guard let best else { return }
      load[best.key, default: 0] += 1
      wants[best.key, default: []].append(
        LogRange(log: log, first: first, last: best.value.last, digest: best.value.digest))
      asked += 1
      requests[log] = Request(
        connection: best.key, branch: branch, first: first, last: best.value.last, place: asked, reached: first - 1,
        deadline: now.boot + Limits.pullPatience, longest: now.boot + Limits.pullLongest)
    }
    let open = offers.filter { log, byPeer in
      requests[log] == nil && byPeer.contains { isAble($0.key, $0.value, beyond: heads[log].sequence) }
    }
    for (log, byPeer) in open.sorted(by: { $0.key < $1.key }) {
      ask(log, byPeer, from: heads[log].sequence + 1, branch: nil)
    }
    for (log, branches) in branches.sorted(by: { $0.key < $1.key }) {
      for branch in branches where requests[log] == nil {
        // What begins beyond all that is here goes on from none of it.
        let first = min(branch.first, heads[log].sequence + 1)
        ask(log, branch.offers, from: first, branch: branch.head.digest)
      }
    }
    looked = (now.boot, soonest(after: now.boot))
    return wants.sorted { $0.key < $1.key }
  }

  /// When `wants` may say something new.
  var nextDeadline: Int64? { looked.map(\.next) ?? soonest(after: .min) }

  /// What could be asked by then, and was not, waits for a peer to have room: no clock brings that about.
  private func soonest(after moment: Int64) -> Int64? {
    var next = requests.values.map(\.deadline).min()
    func wait(for offers: [ConnectionID: Offer]) {
      for offer in offers.values where offer.moment > moment { next = min(next ?? offer.moment, offer.moment) }
    }
    for (log, byPeer) in offers where requests[log] == nil { wait(for: byPeer) }
    for (log, branches) in branches where requests[log] == nil { for branch in branches { wait(for: branch.offers) } }
    return next
  }

  /// Logs and branches of which the peer that offers most has more than we have.
  var mostOffered: Int { shares.values.max() ?? 0 }
  /// Logs of which some peer has more than we have.
  var offered: Int { max(offers.count, branches.count) }
  /// Ranges that one peer was asked for and has not sent.
  var mostAsked: Int {
    Dictionary(grouping: requests.values, by: \.connection).values.map(\.count).max() ?? 0
  }

  var isIdle: Bool { requests.isEmpty && offers.isEmpty && branches.isEmpty }
}
