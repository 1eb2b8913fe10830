import BullpenCore

@testable import BullpenCrypto

/// Fixed keys and places that the stories here share.
enum Samples {
  static func random(_ seed: UInt64 = 1) -> SeededRandomness { SeededRandomness(seed: seed) }

  static func bytes32(_ byte: UInt8) -> Bytes32 { Bytes32([UInt8](repeating: byte, count: 32))! }

  static let ada = DeviceKey(seed: bytes32(0xa1))
  static let bob = DeviceKey(seed: bytes32(0xb2))
  static let workspace = WorkspaceID(bytes32(0x57))
  static let otherWorkspace = WorkspaceID(bytes32(0x58))

  static func log(_ key: DeviceKey = ada, kind: LogKind = .lasting) -> LogID {
    LogID(device: key.id, incarnation: Incarnation(Bytes16([UInt8](repeating: 0x1c, count: 16))!), kind: kind)
  }

  static let direction = GreetingDirection(
    speaker: ada.id, listener: bob.id, speakerNonce: Nonce(bytes32(1)), listenerNonce: Nonce(bytes32(2)))

  static func bytes(_ hex: String) -> [UInt8] { Hex.decode(hex)! }
}
