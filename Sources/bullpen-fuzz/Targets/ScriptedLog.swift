import BullpenCore
import BullpenCrypto
import BullpenWire

/// One log of the modified member's, as a script has it written and sent:
///
///     1 payload       of an entry
///     2 milliseconds  to the next
///     3 moment        at which the next expires, in Unix milliseconds
///     4 kind          odd for the lasting log; the last word counts
///     5 way           a signature; what it ends is sent in its turn (0), before what waits (1), twice (2) or never (3)
///     6 entries       a signature; what follows goes on from one of the entries before, as another branch
///     7 …             a signature; what waits goes out as one message
///     8 days          that the log begins in the past
struct ScriptedLog {
  let log: LogID
  /// In the order in which they arrive.
  private(set) var messages: [[Segment]] = []
  /// Whether all that was written arrives, at last.
  private(set) var isWhole = true
  /// The ends of all branches.
  private(set) var ends: Set<Head> = []
  /// Whether the receiver may begin in the middle, and never hears of what came before.
  var mayLeap: Bool { log.kind == .passing && !isRecent }

  private let cast: Cast
  private var waiting: [Segment] = []
  /// Of the branch that is being written; before the first digest stands that of an empty log.
  private var entries: [Entry] = []
  private var digests = [Digest.zero]
  /// How many of them are signed.
  private var signed = 0
  private var time = HybridTime(milliseconds: Cast.wall, counter: 0)
  private var expiry: Int64 = 0
  private var isRecent = true

  init(_ script: [UInt8], _ cast: Cast, _ incarnation: Incarnation) {
    let parts = Script.parts(script).prefix(64)
    let kind = parts.reduce(LogKind.passing) { kind, part in
      if case .number(4, let number) = part { number & 1 == 1 ? .lasting : .passing } else { kind }
    }
    self.cast = cast
    log = cast.log(kind, incarnation: incarnation)
    for part in parts { obey(part) }
    send()
  }

  private mutating func obey(_ part: Script.Part) {
    switch part {
    case .bytes(1, let payload): write(payload)
    case .number(2, let milliseconds): time = HybridTime(raw: time.raw &+ Int64(milliseconds % 1_000_000) << 16)
    case .number(3, let moment): expiry = Int64(bitPattern: moment) & (1 << 49 - 1)
    case .number(5, let way): sign(way & 3)
    case .number(6, let number):
      sign(0)
      goBack(to: Int(number % UInt64(entries.count + 1)))
    case .number(7, _): send()
    // Stamps ascend, so only as long as there are none.
    case .number(8, let days) where ends.isEmpty && entries.isEmpty:
      time = HybridTime(milliseconds: Cast.wall - Int64(days % 1_000) * 86_400_000, counter: 0)
      isRecent = days % 1_000 == 0
    default: break
    }
  }

  private mutating func write(_ payload: [UInt8]) {
    let entry = Entry(time: time, expiry: expiry, payload: .present(payload))
    time = HybridTime(raw: time.raw + 1)
    entries.append(entry)
    digests.append(
      Chain.digest(cast.workspace, log, UInt64(entries.count), previous: digests[digests.count - 1], entry))
  }

  private mutating func sign(_ way: UInt64) {
    guard signed < entries.count else { return }
    let segment = Segment(
      log: log, first: UInt64(signed) + 1, previous: digests[signed], entries: Array(entries[signed...]),
      signature: Chain.sign(digests[entries.count], by: cast.mallory.device))
    ends.remove(head(signed))
    ends.insert(head(entries.count))
    signed = entries.count
    // As it arrives: in a frame.
    guard way != 3, let arrived = SegmentCodec.decode(SegmentCodec.encode(segment)) else { return isWhole = false }
    waiting.insert(arrived, at: way == 1 ? 0 : waiting.count)
    if way == 2 { waiting.append(arrived) }
  }

  private mutating func goBack(to count: Int) {
    entries.removeSubrange(count...)
    digests.removeSubrange((count + 1)...)
    signed = count
  }

  private mutating func send() {
    sign(0)
    if !waiting.isEmpty { messages.append(waiting) }
    waiting = []
  }

  private func head(_ count: Int) -> Head { Head(sequence: UInt64(count), digest: digests[count]) }
}
