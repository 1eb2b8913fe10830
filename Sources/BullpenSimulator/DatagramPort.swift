import BullpenCore
import BullpenCrypto
import BullpenWire

/// A node's UDP socket without the socket: real keys, real signatures, the real gate.
struct DatagramPort {
  private struct Session: DatagramSender {
    let device: DeviceID
    let key: DatagramKey
  }

  private struct Aim {
    var endpoint: Endpoint
    let connection: DatagramConnectionID
    let key: DatagramKey
    var sequence: UInt64 = 0
  }

  private let workspace: WorkspaceID
  private let own: DeviceKey
  private var gate: DatagramGate<Session>
  private var aims: [DeviceID: Aim] = [:]
  /// The ids that we gave a peer: the newest and the one before it, which is still under way.
  private var given: [DeviceID: [DatagramConnectionID]] = [:]

  init(_ workspace: WorkspaceID, _ own: DeviceKey) {
    self.workspace = workspace
    self.own = own
    gate = DatagramGate(seed: UInt64(bigEndianBytes: own.seed.bytes.prefix(8))!)  // eight of 32 bytes
  }

  mutating func listen(
    to device: DeviceID, _ connection: DatagramConnectionID, _ key: Bytes32, at now: Instant
  ) {
    _ = gate.open(Session(device: device, key: DatagramKey(key)), as: connection, at: now)
    let all = given[device, default: []] + [connection]
    for old in all.dropLast(2) { gate.close(old) }
    given[device] = Array(all.suffix(2))
  }

  mutating func aim(at device: DeviceID, _ endpoint: Endpoint, _ connection: DatagramConnectionID, _ key: Bytes32) {
    aims[device] = Aim(endpoint: endpoint, connection: connection, key: DatagramKey(key))
  }

  mutating func forget(_ device: DeviceID) {
    aims[device] = nil
    given[device] = nil
    gate.closeAll { $0.device == device }
  }

  /// Signed once, sealed for each.
  mutating func seal(_ body: [UInt8], for devices: [DeviceID]) -> [(Endpoint, [UInt8])] {
    let known = devices.filter { aims[$0] != nil }
    guard !known.isEmpty else { return [] }
    let content = own.sign(workspace.bytes + body, .datagram).bytes + body
    return known.compactMap { device in
      aims[device]?.sequence += 1
      return aims[device].map {
        ($0.endpoint, $0.key.seal(content, DatagramHeader(connection: $0.connection, sequence: $0.sequence)))
      }
    }
  }

  /// Who says what, where every check is passed.
  mutating func open(_ datagram: [UInt8], from source: Endpoint, at now: Instant) -> (DeviceID, DatagramBody)? {
    let workspace = workspace
    let outcome: Result<DatagramGate<Session>.Admission<DatagramBody>, DropReason> = datagram.withUnsafeBytes { bytes in
      gate.admit(
        bytes, from: source, at: now,
        open: { session, header in session.key.open(bytes, header) },
        verify: { session, signature, body in
          session.device.verifies(signature, over: workspace.bytes + body, .datagram)
        },
        decode: DatagramCodec.decode, isCursor: \.isCursor)
    }
    guard case .success(let admission) = outcome else { return nil }
    let device = admission.session.device
    if admission.isNewest, admission.connection == given[device]?.last { aims[device]?.endpoint = source }
    return (device, admission.body)
  }
}
