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
/// 8. signature of the device
/// 9. decoding
///
/// The gate does no I/O and no cryptography: `Session` is whatever its owner needs to do both.
public struct DatagramGate<Session: Sendable>: Sendable {
  private struct Entry: Sendable {
    var session: Session
    var window = ReplayWindow()
    var bucket: TokenBucket
  }

  private var entries: [DatagramConnectionID: Entry] = [:]
  private var sources = SourceBuckets()
  /// How many datagrams were dropped, by reason.
  public private(set) var drops: [DropReason: Int] = [:]
  /// How many passed every check.
  public private(set) var admitted = 0

  public init() {}

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
  public mutating func admit<Body: Sendable>(
    _ datagram: some Collection<UInt8>, from source: Endpoint, at now: Instant,
    open: (Session, DatagramHeader) -> [UInt8]?,
    verify: (Session, Signature, [UInt8]) -> Bool,
    decode: ([UInt8]) -> Body?
  ) -> Result<Admission<Body>, DropReason> {
    do throws(DropReason) {
      let admission = try check(datagram, source, now, open, verify, decode)
      admitted += 1
      return .success(admission)
    } catch {
      drops[error, default: 0] += 1
      return .failure(error)
    }
  }

  private mutating func check<Body: Sendable>(
    _ datagram: some Collection<UInt8>, _ source: Endpoint, _ now: Instant,
    _ open: (Session, DatagramHeader) -> [UInt8]?,
    _ verify: (Session, Signature, [UInt8]) -> Bool,
    _ decode: ([UInt8]) -> Body?
  ) throws(DropReason) -> Admission<Body> {
    guard (DatagramHeader.minimum...Limits.datagramBytes).contains(datagram.count) else { throw .size }
    guard let header = DatagramHeader(datagram) else { throw .version }
    let connection = header.connection
    guard let session = entries[connection]?.session else { throw .unknownConnection }
    guard sources.take(source, at: now.boot) else { throw .sourceRate }
    guard let content = open(session, header), content.count > DatagramHeader.signatureBytes else {
      throw .authentication
    }
    guard entries[connection]?.window.accept(header.sequence) == true else { throw .replay }
    guard entries[connection]?.bucket.take(at: now.boot) == true else { throw .peerRate }
    let bytes = Array(content.dropFirst(DatagramHeader.signatureBytes))
    guard let signature = Signature(bytes: content.prefix(DatagramHeader.signatureBytes)),
      verify(session, signature, bytes)
    else { throw .signature }
    guard let body = decode(bytes) else { throw .malformed }
    return Admission(
      session: session, connection: connection, body: body,
      isNewest: entries[connection]?.window.newest == header.sequence)
  }
}
