import BullpenCore
import BullpenCrypto
import BullpenWire

/// What arrives at the UDP port. An input that begins with an odd byte is a body that a member's modified node signs and
/// seals; any other is what a stranger sends.
final class DatagramTarget: FuzzTarget {
  static let name = "datagram"
  static let form = InputForm.bytes
  private static let connection = DatagramConnectionID(raw: 0x0102_0304_0506_0708)
  private static let key = DatagramKey(Bytes32.zero)
  private static let mallory = DeviceKey(seed: Bytes32.zero)
  private struct Session: DatagramSender {
    let device = DatagramTarget.mallory.id
    let key = DatagramTarget.key
  }
  private static let source = Endpoint(address: [10, 0, 0, 9], port: 9)!  // four bytes

  private static func seal(_ body: [UInt8], _ sequence: UInt64) -> [UInt8] {
    let content = mallory.sign(body, .datagram).bytes + body
    return key.seal(content, DatagramHeader(connection: connection, sequence: sequence))
  }

  private static let sealed = Samples.datagrams.map { seal(DatagramCodec.encode($0), 1) }

  static func seeds() -> [[UInt8]] {
    sealed.map { [0] + $0 } + Samples.datagrams.map { [1] + DatagramCodec.encode($0) }
  }

  func run(_ bytes: [UInt8]) throws -> String {
    let isSealed = (bytes.first ?? 0) & 1 == 1
    let rest = Array(bytes.dropFirst())
    let datagram = isSealed ? Self.seal(rest, 1) : rest
    var gate = DatagramGate<Session>(seed: 1)
    let now = Instant(boot: 1_000, wall: Cast.wall)
    try require(gate.open(Session(), as: Self.connection, at: now), "a gate without room")
    if let header = DatagramHeader(datagram) {
      try require(header.bytes == Array(datagram.prefix(DatagramHeader.size)), "a header that does not return")
    }
    func admit() -> Result<DatagramGate<Session>.Admission<DatagramBody>, DropReason> {
      datagram.withUnsafeBytes { bytes in
        gate.admit(
          bytes, from: Self.source, at: now, open: { $0.key.open(bytes, $1) },
          verify: { Self.mallory.id.verifies($1, over: $2, .datagram) }, decode: DatagramCodec.decode,
          isCursor: \.isCursor)
      }
    }
    switch admit() {
    case .success(let admission):
      try require(isSealed || Self.sealed.contains(datagram), "a stranger's datagram is let in")
      if isSealed { try require(admission.body == DatagramCodec.decode(rest), "another body came out than went in") }
      guard case .failure(.replay) = admit() else { throw Finding("a datagram is let in twice") }
      return kind(admission.body)
    case .failure(let reason):
      if isSealed {
        let fits = (DatagramHeader.minimum...Limits.datagramBytes).contains(datagram.count)
        try require(reason == (fits ? .malformed : .size), "a sealed datagram is dropped for \(reason)")
      }
      try require(gate.drops == [reason: 1] && gate.admitted == 0, "a drop that is not counted")
      return "dropped: \(reason)"
    }
  }
}
