import BullpenCore
import BullpenCrypto
import BullpenWire

/// What a member's modified node can say once it is met: any message, any datagram, in any order, at any time. The same
/// root machine runs it as in a node. Fields: 1 a message, 2 milliseconds that pass, 3 a datagram's body, 4 a statement
/// that the member signs.
final class SessionTarget: FuzzTarget {
  static let name = "session"
  static let form = InputForm.protobuf
  private let cast: Cast
  private let met: Workspace
  private let start = Instant(boot: 5_000_000, wall: Cast.wall)
  private let endpoint = Endpoint(address: [10, 0, 0, 9], port: 4_781)!  // four bytes
  private let connection = ConnectionID(raw: 1)

  init() throws {
    cast = try Cast()
    var machine = Workspace(
      cast.workspace, own: cast.ada.device.id, membership: cast.store.membership(), heads: try cast.store.heads(),
      port: 4_781, prover: Cast.prover, random: SeededRandomness(seed: 3), kind: .desktop, at: start)
    _ = machine.receive(.met(connection, cast.mallory.device.id, endpoint, isOutbound: false, []), at: start)
    met = machine
  }

  static func seeds() -> [[UInt8]] {
    guard let cast = try? Cast(), let heads = try? cast.store.heads() else { return [] }
    let own = heads.sorted.map { LogHead(log: $0.log, head: $0.head) }
    let ranges = own.map { LogRange(log: $0.log, first: 1, last: $0.head.sequence) }
    let messages =
      Samples.messages(about: cast.mallory.device.id) + [
        .want(Want(ranges: ranges)), .have(Have(digest: Samples.id32(0), heads: own)), .announce(own),
        .acknowledge(Acknowledgement(heads: own, credit: .max)),
        .vouch(VouchQuery(device: cast.ada.device.id)),
      ]
    let all = messages.flatMap { Script.part(1, PeerMessageCodec.encode($0)) + Script.number(2, 400) }
    let datagrams = Samples.datagrams.flatMap { Script.part(3, DatagramCodec.encode($0)) + Script.number(2, 900) }
    let claims = Samples.claims(of: cast.members.mallory, device: cast.mallory.device.id, by: cast.members.mallory)
    return [all, datagrams, datagrams + all]
      + messages.map { Script.part(1, PeerMessageCodec.encode($0)) + Script.number(2, 20_000) }
      + claims.map {
        let statement = Samples.statement($0, in: cast.workspace, by: cast.mallory.device.id)
        return Script.part(4, StatementCodec.encode(statement)) + all
      }
  }

  func run(_ bytes: [UInt8]) throws -> String {
    var (machine, now) = (met, start)
    var said: Set<String> = []
    for part in Script.parts(bytes).prefix(100) {
      let event: Event
      switch part {
      case .bytes(1, let body):
        guard let message = try? PeerMessageCodec.decode(body) else { continue }
        event = .received(connection, message)
      case .bytes(3, let body):
        guard let body = DatagramCodec.decode(body) else { continue }
        event = .datagram(cast.mallory.device.id, body, from: endpoint)
      case .bytes(4, let body):
        let signed = SignedStatement(body: body, signature: cast.mallory.device.sign(body, .statement))
        event = .received(connection, .statements(StatementExchange(known: [], statements: [signed])))
      case .number(2, let milliseconds):
        now = now.advanced(by: Int64(milliseconds % 60_000))
        event = .tick
      default: continue
      }
      try carry(event, through: &machine, at: now, &said, depth: 0)
      try require(machine.nextDeadline(at: now) >= now.boot, "the next deadline is over")
    }
    return said.sorted().joined(separator: " ")
  }

  private func carry(
    _ event: Event, through machine: inout Workspace, at now: Instant, _ said: inout Set<String>, depth: Int
  ) throws {
    let effects = machine.receive(event, at: now)
    // All statements, heads and ranges of a small office, and what each moves.
    try require(effects.count <= 2_000, "\(kind(event)) has \(effects.count) effects")
    for effect in effects {
      said.insert(kind(effect))
      switch effect {
      case .send(_, let message):
        said.insert(kind(message))
        let body = PeerMessageCodec.encode(message)
        try require(body.count <= Limits.frameBytes, "\(kind(message)) of \(body.count) bytes fits no frame")
        try require((try? PeerMessageCodec.decode(body)) == message, "what is said cannot be read: \(message)")
      case .sendDatagram(let body, _):
        let bytes = DatagramCodec.encode(body)
        try require(bytes.count <= DatagramHeader.maximumBody, "\(kind(body)) fits no datagram")
        try require(DatagramCodec.decode(bytes) == body, "what is sent cannot be read: \(body)")
      case .read(let connection, let range, let bytes):
        let segments = try cast.store.segments(range, maxBytes: bytes)
        if depth < 4 { try carry(.read(connection, segments), through: &machine, at: now, &said, depth: depth + 1) }
      case .find(let heads, let connection):
        let found = try cast.store.find(heads)
        let event = Event.found(lacking: found.lacking, held: found.held, of: connection)
        if depth < 4 { try carry(event, through: &machine, at: now, &said, depth: depth + 1) }
      case .admit(let statements, _):
        if depth < 4 {
          try carry(.admitted(statements, rows: [:]), through: &machine, at: now, &said, depth: depth + 1)
        }
      case .apply(let connection, let segments, _, _, _):
        let outcome = ApplyOutcome(
          heads: [], rows: [:], statements: [],
          rejected: segments.map { (log: $0.log, reason: $0.first > 1 ? .gap : .unproved) })
        if depth < 4 { try carry(.applied(connection, outcome), through: &machine, at: now, &said, depth: depth + 1) }
      default: break
      }
    }
  }
}
