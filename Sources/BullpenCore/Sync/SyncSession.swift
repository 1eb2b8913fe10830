/// One connection to one member's device, after the greeting. It exchanges statements, then heads, then the
/// segments that one side lacks, and goes on live.
///
/// What a session sends it reads from the stored log, up to what it has sent before, never from a stream of
/// events: nothing can slip between "history" and "now".
public struct SyncSession: Sendable {
  public let connection: ConnectionID
  public let peer: DeviceID
  public let isOutbound: Bool
  public let endpoint: Endpoint
  /// Where the peer listens: the address of the connection with the port that it names, which serves TCP and UDP
  /// alike. Nil until it has named one.
  public internal(set) var door: Endpoint?
  /// Where the peer listened by the connection that this one has replaced.
  var former: Endpoint?
  /// When the peer is asked about devices that are not heard here, on the boot clock; nil when it was, or may not be yet.
  var inquiry: Int64?
  /// When the greeting was done; decides which of two connections lives.
  public let since: Int64

  /// How far the peer is known to be, from what it said and acknowledged.
  private(set) var peerHeads: [LogID: UInt64] = [:]
  /// The peer has shown how far it is.
  private(set) var hasCompared = false
  /// What we said last that we have. Ours may go on before the peer answers.
  private var told: (digest: Digest, heads: Heads)?
  /// How far we have sent or announced.
  private var sent: [LogID: UInt64] = [:]
  private var announced: [LogID: UInt64] = [:]
  /// The heads of logs with branches as the peer was last told of them.
  private var shown: [LogID: [Head]] = [:]
  /// Ranges that the peer asked for or that we push, in order, each read when credit allows.
  private var outgoing: [LogRange] = []
  /// What the peer has sent that is not on disk yet, by its cost.
  var unstored: Int { owed.reduce(withheld) { $0 + $1.cost } }
  /// Whether the peer has sent far more than it was given credit for.
  var isOverdrawn: Bool { unstored > Limits.overdraft }
  /// How often the disk looks for heads that the peer has told of.
  private(set) var searches = 0
  /// How many logs it remembers to have sent of.
  var traces: Int { sent.count }
  /// How many ranges wait to be sent.
  var queued: Int { outgoing.count }
  /// Whether nothing is to be sent, and everything that was sent is on the other's disk.
  var isIdle: Bool { outgoing.isEmpty && !isReading && credit == Limits.creditWindow && unstored == 0 }
  private var isReading = false
  /// The range that is being read, as it was then.
  private var reading: LogRange?
  private var credit = Limits.creditWindow
  /// The messages of segments that are not on disk yet, the first that came first.
  private var owed: [Delivery] = []
  /// The cost of those that the disk has answered while it took nothing.
  private var withheld = 0
  /// The last moment that anything arrived, on the boot clock.
  private(set) var lastHeard: Int64
  private var lastPing: Int64
  /// When the network was seen to change, and nothing has arrived since, on the boot clock.
  private var doubtedAt: Int64?
  private var lastHave: Int64 = 0
  /// The heads, ours and the peer's, that were compared last because a heartbeat showed a difference.
  private var compared: (ours: Digest, theirs: UInt64)?
  /// When the peer's clock was last asked for, on the boot clock.
  private var lastReading: Int64
  /// How many statements there were here when the peer was last asked for those that say whose a log is, and when.
  private var asked: (statements: Int, at: Int64)?
  /// Statement ids of the peer's last chunk, so that a long list is compared range by range.
  private var statementsFrom: StatementID?

  private struct Delivery {
    /// To be returned as credit.
    var cost: Int
    /// The first entry of each log, and the last.
    var entries: [LogID: ClosedRange<UInt64>]
    /// Whether it was given to the disk.
    var isUnderWay: Bool
  }

  public init(connection: ConnectionID, peer: DeviceID, isOutbound: Bool, endpoint: Endpoint, at now: Instant) {
    self.connection = connection
    self.peer = peer
    self.isOutbound = isOutbound
    self.endpoint = endpoint
    since = now.boot
    lastHeard = now.boot
    lastPing = now.boot
    lastReading = now.boot
  }

  // MARK: - Opening

  /// What to say first: which statements and how far.
  mutating func open(
    _ membership: Membership, _ digest: Digest, _ heads: Heads, at now: Instant
  ) -> [PeerMessage] {
    let ids = membership.statements.map(\.value.id).sorted()
    var messages: [PeerMessage] = []
    for start in stride(from: 0, through: ids.count, by: Limits.statementChunk) {
      let chunk = Array(ids[start..<min(start + Limits.statementChunk, ids.count)])
      messages.append(.statements(StatementExchange(known: chunk, statements: [])))
    }
    messages.append(tell(digest, heads, at: now))
    return messages
  }

  /// What to say to a peer that sends the log of a device that is nobody's here: the statement that says whose it is
  /// may have been lost. Nothing where it was asked before and no statement has come since: what it has to say of the
  /// device was heard then, and was not kept.
  ///
  /// - Returns: besides, for how many milliseconds the peer is passed over: for longer when its answer did not help.
  mutating func ask(
    _ membership: Membership, _ digest: Digest, _ heads: Heads, at now: Instant
  ) -> (messages: [PeerMessage], pause: Int64) {
    if let asked, asked.statements == membership.statements.count {
      return ([], now.boot - asked.at < Limits.pullPatience ? Limits.pullPatience : Limits.pullMute)
    }
    asked = (membership.statements.count, now.boot)
    return (open(membership, digest, heads, at: now), Limits.pullPatience)
  }

  /// The peer's list of statements, one chunk in ascending order. A full chunk says that another follows, so
  /// each chunk speaks for the ids after the one before it, and the last for all that remain.
  mutating func missing(_ exchange: StatementExchange, from membership: Membership) -> [PeerMessage] {
    let from = statementsFrom
    let isLast = exchange.known.count < Limits.statementChunk
    statementsFrom = isLast ? nil : exchange.known.last
    let known = Set(exchange.known)
    let lacking = membership.statements.map(\.value).filter { proved in
      if let from, proved.id <= from { return false }
      if !isLast, let to = exchange.known.last, proved.id > to { return false }
      return !known.contains(proved.id)
    }
    // In the order in which they were made, so that what says whose a device is comes before what it states.
    let ordered = lacking.sorted { a, b in
      a.statement.time != b.statement.time ? a.statement.time < b.statement.time : a.id < b.id
    }
    return Self.push(ordered.map(\.signed))
  }

  /// Statements in messages that fit a frame.
  static func push(_ statements: [SignedStatement]) -> [PeerMessage] {
    var messages: [PeerMessage] = []
    var batch: [SignedStatement] = []
    var size = 0
    for statement in statements {
      let cost = statement.body.count + 96
      if size + cost > Limits.segmentBytes, !batch.isEmpty {
        messages.append(.statements(StatementExchange(known: [], statements: batch)))
        batch = []
        size = 0
      }
      batch.append(statement)
      size += cost
    }
    if !batch.isEmpty { messages.append(.statements(StatementExchange(known: [], statements: batch))) }
    return messages
  }

  // MARK: - Heads

  mutating func heard(at now: Instant) {
    lastHeard = now.boot
    doubtedAt = nil
  }

  /// The network has changed, and the peer is pinged: it answers soon, or there is no way by this connection any more.
  mutating func doubt(at now: Instant) {
    doubtedAt = doubtedAt ?? now.boot
    lastPing = now.boot
  }

  /// The peer has this much.
  mutating func note(_ heads: [LogHead]) {
    for head in heads { has(head.log, head.head.sequence) }
  }

  private mutating func has(_ log: LogID, _ sequence: UInt64) {
    guard let known = peerHeads[log] else {
      if peerHeads.count < Limits.logs { peerHeads[log] = sequence }
      return
    }
    peerHeads[log] = max(known, sequence)
  }

  /// The peer has listed its heads.
  mutating func compared(_ heads: [LogHead]) {
    hasCompared = true
    note(heads)
  }

  /// The peer has said the hash of all its heads, and nothing more. Where it equals ours, or what we last said that
  /// we have, it has just that: what was written here since is pushed or announced to it.
  /// - Returns: whether it equals ours as they are now.
  mutating func matched(_ theirs: Digest, _ digest: Digest, _ heads: Heads) -> Bool {
    guard let same = theirs == digest ? heads : theirs == told?.digest ? told?.heads : nil else { return false }
    hasCompared = true
    for (log, head) in same.sorted { peerHeads[log] = max(peerHeads[log] ?? 0, head.sequence) }
    for log in same.forked { shown[log] = same.all(of: log) }
    return theirs == digest
  }

  /// The heads that the peer was not told of and is not known to have, in messages that fit a frame. Of a log with
  /// branches it is told all heads at once, for how far it has come says nothing of which branch it has.
  mutating func news(_ heads: Heads) -> [[LogHead]] {
    let forked = Set(heads.forked.filter { shown[$0] != heads.all(of: $0) })
    let isKnown = Set(heads.forked).subtracting(forked)
    var fresh: [LogHead] = []
    for (log, head) in heads.sorted where !isKnown.contains(log) {
      guard forked.contains(log) || head.sequence > max(peerHeads[log] ?? 0, announced[log] ?? 0) else { continue }
      announced[log] = head.sequence
      fresh.append(LogHead(log: log, head: head))
    }
    for log in forked { shown[log] = heads.all(of: log) }
    return LogHead.messages(fresh)
  }

  /// A heartbeat shows other heads than ours: compare anew, but not more often than twice a second. Where both are as
  /// they were then, there is little to be learnt: somebody has what another does not take, or has missed. The peer, which
  /// may not hear that they differ, is then told all of ours as well.
  ///
  /// - Parameter theirs: the beginning of the hash of the peer's heads.
  mutating func wake(_ digest: Digest, _ heads: Heads, theirs: UInt64, at now: Instant) -> [PeerMessage] {
    let isSame = compared.map { $0 == (digest, theirs) } ?? false
    guard now.boot - lastHave >= (isSame ? Limits.pullMute : Limits.wakeInterval) else { return [] }
    compared = (digest, theirs)
    return [tell(digest, heads, at: now)] + (isSame ? Self.list(digest, heads) : [])
  }

  /// All heads, in as many messages as it takes.
  static func list(_ digest: Digest, _ heads: Heads) -> [PeerMessage] {
    let all = LogHead.messages(heads.sorted.map { LogHead(log: $0.log, head: $0.head) })
    return (all.isEmpty ? [[]] : all).map { .have(Have(digest: digest, heads: $0)) }
  }

  private mutating func tell(_ digest: Digest, _ heads: Heads, at now: Instant) -> PeerMessage {
    lastHave = now.boot
    told = (digest, heads)
    return .have(Have(digest: digest, heads: nil))
  }

  // MARK: - Sending

  /// The peer asks for ranges. More than the bound is dropped: it will ask again.
  mutating func serve(_ ranges: [LogRange]) {
    for range in ranges where range.first >= 1 && range.last >= range.first && outgoing.count < Limits.rangesQueued {
      // What is asked for again was lost on the other side.
      sent[range.log] = range.first - 1
      // Who asks anew for what is under way goes further back, to where a branch begins.
      if range.digest != nil, let index = outgoing.firstIndex(where: { $0.isSame(as: range) }) {
        outgoing[index] = range
      } else {
        outgoing.append(range)
      }
    }
  }

  /// Our own log has grown. A peer that stands where we stood gets the rest at once; one that is further
  /// behind has asked, or will ask when it hears of the head.
  mutating func push(_ log: LogID, through head: Head, isNew: Bool) {
    let reached = max(sent[log] ?? 0, peerHeads[log] ?? 0)
    guard reached > 0 || isNew, head.sequence > reached, outgoing.count < Limits.rangesQueued else { return }
    if let index = outgoing.lastIndex(where: { $0.log == log }) {
      let range = outgoing[index]
      guard head.sequence > range.last else { return }
      outgoing[index] = LogRange(log: log, first: range.first, last: head.sequence, digest: head.digest)
    } else {
      outgoing.append(LogRange(log: log, first: reached + 1, last: head.sequence, digest: head.digest))
    }
  }

  /// The next range to read from disk, with how many bytes may be sent; nil while one is being read, nothing
  /// waits or the peer has given no credit.
  mutating func nextRead() -> (range: LogRange, bytes: Int)? {
    guard !isReading, credit > 0, let range = outgoing.first else { return nil }
    (isReading, reading) = (true, range)
    return (range, min(credit, Limits.segmentBytes))
  }

  /// What the disk held of the range that was read. Nothing means that we do not have it.
  mutating func send(_ segments: [Segment]) -> [PeerMessage] {
    isReading = false
    guard let range = outgoing.first else { return [] }
    guard let first = segments.first?.first, let last = segments.last?.last,
      segments.allSatisfy({ $0.log == range.log })
    else {
      outgoing.removeFirst()
      return []
    }
    // The peer has asked for something else of the log since. What was read may begin later than asked: the beginning of
    // a passing log goes when all of it is dead.
    if range.digest != nil, reading?.first != range.first || first < range.first { return [] }
    sent[range.log] = max(sent[range.log] ?? 0, last)
    credit -= segments.reduce(0) { $0 + $1.cost }
    if last >= range.last {
      outgoing.removeFirst()
    } else {
      outgoing[0] = LogRange(log: range.log, first: last + 1, last: range.last, digest: range.digest)
    }
    return Self.messages(segments)
  }

  /// Segments in messages that fit a frame: mostly one. Where a branch departs there may be more than one holds.
  private static func messages(_ segments: [Segment]) -> [PeerMessage] {
    var messages: [PeerMessage] = []
    var batch: [Segment] = []
    var size = 0
    for segment in segments {
      if !batch.isEmpty, size + segment.cost > Limits.segmentBytes {
        messages.append(.segments(SegmentBatch(segments: batch)))
        (batch, size) = ([], 0)
      }
      batch.append(segment)
      size += segment.cost
    }
    return messages + [.segments(SegmentBatch(segments: batch))]
  }

  mutating func acknowledged(_ acknowledgement: Acknowledgement) {
    note(acknowledgement.heads)
    credit = min(credit + Int(acknowledgement.credit), Limits.creditWindow)
  }

  /// The disk is to look for heads that the peer has told of.
  ///
  /// - Returns: whether it may; where it looks for many already, these are left for the next time that heads are compared.
  mutating func beginSearch() -> Bool {
    guard searches < Limits.searchesQueued else { return false }
    searches += 1
    return true
  }

  mutating func endSearch() { searches -= 1 }

  // MARK: - Receiving

  /// Segments arrived: their bytes are owed as credit once they are on disk.
  ///
  /// - Parameter isStalled: the disk takes nothing, and is not given them.
  mutating func received(_ segments: [Segment], isStalled: Bool) {
    let entries = Dictionary(segments.map { ($0.log, $0.first...$0.last) }) {
      min($0.lowerBound, $1.lowerBound)...max($0.upperBound, $1.upperBound)
    }
    let cost = segments.reduce(0) { $0 + $1.cost }
    owed.append(Delivery(cost: cost, entries: entries, isUnderWay: !isStalled))
    for segment in segments { has(segment.log, segment.last) }
  }

  /// How far the first message of those that wait for the disk goes, by log.
  var arriving: [LogID: UInt64] { owed.first?.entries.mapValues(\.upperBound) ?? [:] }

  /// Whether what goes on from this entry of a log waits for the disk.
  func hasArrived(_ log: LogID, beyond sequence: UInt64) -> Bool {
    owed.contains { delivery in
      guard delivery.isUnderWay, let entries = delivery.entries[log] else { return false }
      return entries.upperBound > sequence && entries.lowerBound <= sequence + 1
    }
  }

  /// The first message of those that wait is on disk, or refused. What came after it still waits, and brings no credit: so
  /// no more waits for a slow disk than the window.
  ///
  /// - Parameter isStalled: the disk takes nothing: then its credit stays here.
  mutating func applied(_ heads: [LogHead], isStalled: Bool) -> PeerMessage? {
    let credit = owed.isEmpty ? 0 : owed.removeFirst().cost
    guard !isStalled else {
      withheld += credit
      return nil
    }
    for head in heads { announced[head.log] = max(announced[head.log] ?? 0, head.head.sequence) }
    for (log, heads) in LogHead.byLog(heads) where heads.count > 1 { shown[log] = heads.sorted() }
    return .acknowledge(Acknowledgement(heads: heads, credit: UInt32(clamping: credit)))
  }

  /// The disk is tried again: what it did not take, or was not given, is asked for again. What it has not answered yet waits
  /// on.
  mutating func forgiven() -> PeerMessage {
    let before = unstored
    owed.removeAll { !$0.isUnderWay }
    withheld = 0
    return .acknowledge(Acknowledgement(heads: [], credit: UInt32(clamping: before - unstored)))
  }

  // MARK: - Liveness of the connection

  enum Pulse { case quiet, ping, dead }

  mutating func pulse(at now: Instant) -> Pulse {
    if now.boot - lastHeard >= Limits.connectionSilence { return .dead }
    if let doubtedAt, now.boot - doubtedAt >= Limits.connectionDoubt { return .dead }
    let isQuiet = now.boot - max(lastHeard, lastPing) >= Limits.connectionPing
    // A clock may be set at any time, so it is read now and then even where there is much to hear.
    guard isQuiet || now.boot - lastReading >= Limits.clockInterval else { return .quiet }
    lastPing = now.boot
    lastReading = now.boot
    return .ping
  }

  var nextPulse: Int64 {
    min(
      max(lastHeard, lastPing) + Limits.connectionPing, lastHeard + Limits.connectionSilence,
      lastReading + Limits.clockInterval, doubtedAt.map { $0 + Limits.connectionDoubt } ?? .max)
  }
}

extension LogRange {
  /// Whether another asks for the same branch up to the same entry.
  fileprivate func isSame(as other: LogRange) -> Bool {
    log == other.log && last == other.last && digest == other.digest
  }
}

extension Segment {
  /// What a segment costs beside its entries.
  public static let frameCost = 160
  /// What an entry costs beside its payload.
  public static let entryCost = 64

  /// What a segment costs of the credit window, in bytes: the same on both sides, whatever the encoding.
  public var cost: Int {
    entries.reduce(Self.frameCost) { sum, entry in
      if case .present(let bytes) = entry.payload { sum + bytes.count + Self.entryCost } else { sum + 96 }
    }
  }
}
