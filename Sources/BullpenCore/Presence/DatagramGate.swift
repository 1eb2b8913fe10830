/// The order in which a datagram is checked: cheap before dear, and nothing about the sender is believed, nor
/// any of its state moved, before its key has opened the content.
///
/// 1. size
/// 2. version
/// 3. connection id that we gave out
/// 4. bucket of the source address
/// 5. authenticated decryption
/// 6. replay window, which moves here and nowhere else
/// 7. bucket of the peer
/// 8. signature of the device; of cursors under pressure by sample (`CursorSampling`)
/// 9. decoding
///
/// The gate does no I/O and no cryptography: `Session` is whatever its owner needs to do both.
public struct DatagramGate<Session: DatagramSender>: Sendable {
  private struct Entry: Sendable {
    var session: Session
    var window = ReplayWindow()
    var bucket: TokenBucket
    /// Whether a signature of this session has held.
    var isProved = false
  }

  private var entries: [DatagramConnectionID: Entry] = [:]
  private var sources = SourceBuckets()
  private var sampling: CursorSampling
  /// How many datagrams were dropped, by reason.
  public private(set) var drops: [DropReason: Int] = [:]
  /// How many passed every check.
  public private(set) var admitted = 0
  /// How many of those were cursors whose signatures nobody looked at.
  public private(set) var unchecked = 0

  /// - Parameter seed: chooses the cursors whose signatures are checked. Not to be foreseen by peers.
  public init(seed: UInt64) { sampling = CursorSampling(seed: seed) }

  public var sessions: Int { entries.count }

  /// A datagram that passed.
  public struct Admission<Body: Sendable>: Sendable {
    public let session: Session
    public let connection: DatagramConnectionID
    public let body: Body
    /// No datagram with a greater number came before: its source is where the sender is now.
    public let isNewest: Bool
  }

  /// Lets datagrams with this connection id in. A session under the same id is replaced, window and all.
  /// - Returns: false, and nothing changes, when there are `Limits.datagramSessions` already.
  public mutating func open(_ session: Session, as connection: DatagramConnectionID, at now: Instant) -> Bool {
    guard entries[connection] != nil || entries.count < Limits.datagramSessions else { return false }
    let bucket = TokenBucket(burst: Limits.peerBurst, rate: Limits.peerRate, at: now.boot)
    entries[connection] = Entry(session: session, bucket: bucket)
    return true
  }

  /// Datagrams with this connection id are unknown from now on.
  public mutating func close(_ connection: DatagramConnectionID) { entries[connection] = nil }

  public mutating func closeAll(where isClosed: (Session) -> Bool) {
    entries = entries.filter { !isClosed($0.value.session) }
  }

  /// Checks one datagram and counts the outcome.
  /// - Parameter open: the authenticated content, signature first; nil when the key does not open it.
  /// - Parameter verify: whether the session's device signed these bytes.
  /// - Parameter decode: the body that the bytes say; nil for none.
  /// - Parameter isCursor: whether a body's signature may go unchecked under pressure.
  public mutating func admit<Body: Sendable>(
    _ datagram: UnsafeRawBufferPointer, from source: Endpoint, at now: Instant,
    open: (Session, DatagramHeader) -> [UInt8]?,
    verify: (Session, Signature, [UInt8]) -> Bool,
    decode: ([UInt8]) -> Body?,
    isCursor: (Body) -> Bool
  ) -> Result<Admission<Body>, DropReason> {
    do throws(DropReason) {
      let admission = try check(datagram, source, now, open, verify, decode, isCursor)
      admitted += 1
      return .success(admission)
    } catch {
      drops[error, default: 0] += 1
      return .failure(error)
    }
  }

  private mutating func check<Body: Sendable>(
    _ datagram: UnsafeRawBufferPointer, _ source: Endpoint, _ now: Instant,
    _ open: (Session, DatagramHeader) -> [UInt8]?,
    _ verify: (Session, Signature, [UInt8]) -> Bool,
    _ decode: ([UInt8]) -> Body?,
    _ isCursor: (Body) -> Bool
  ) throws(DropReason) -> Admission<Body> {
    guard (DatagramHeader.minimum...Limits.datagramBytes).contains(datagram.count) else { throw .size }
    guard let header = DatagramHeader(datagram) else { throw .version }
    // Looked up once: nothing is opened or closed meanwhile.
    guard let place = entries.index(forKey: header.connection) else { throw .unknownConnection }
    let session = entries.values[place].session
    guard sources.take(source, at: now.boot) else { throw .sourceRate }
    guard let content = open(session, header), content.count > DatagramHeader.signatureBytes else {
      throw .authentication
    }
    guard entries.values[place].window.accept(header.sequence) else { throw .replay }
    guard entries.values[place].bucket.take(at: now.boot) else { throw .peerRate }
    let bytes = Array(content.dropFirst(DatagramHeader.signatureBytes))
    // What the body is has to be known before its signature may be passed over, and it is cheaper to know.
    let body = decode(bytes)
    if let body, isCursor(body), mayPass(place, session.device, at: now) {
      unchecked += 1
    } else {
      guard let signature = Signature(bytes: content.prefix(DatagramHeader.signatureBytes)),
        verify(session, signature, bytes)
      else {
        sampling.caught(session.device, at: now.boot)
        throw .signature
      }
      entries.values[place].isProved = true
    }
    guard let body else { throw .malformed }
    return Admission(
      session: session, connection: header.connection, body: body,
      isNewest: entries.values[place].window.newest == header.sequence)
  }

  /// Whether a cursor of this session goes unchecked. It is counted either way.
  private mutating func mayPass(
    _ place: Dictionary<DatagramConnectionID, Entry>.Index, _ device: DeviceID, at now: Instant
  ) -> Bool {
    let isChosen = sampling.chooses(device, at: now.boot)
    return !isChosen && entries.values[place].isProved
  }
}

/// Who writes by a session: the signatures are this device's.
public protocol DatagramSender: Sendable {
  var device: DeviceID { get }
}
