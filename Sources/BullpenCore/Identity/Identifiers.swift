/// An id of one role. Two roles never mix: a `DeviceID` is not a `WorkspaceID`, though both are 32 bytes.
public protocol Identifier: Hashable, Comparable, Sendable, CustomStringConvertible {
  associatedtype Raw: Hashable & Comparable & Sendable
  var raw: Raw { get }
  init(_ raw: Raw)
}

extension Identifier {
  public static func < (a: Self, b: Self) -> Bool { a.raw < b.raw }
}

extension Identifier where Raw == Bytes32 {
  /// Takes exactly 32 bytes; nil for any other count.
  @inlinable public init?(bytes: some Collection<UInt8>) {
    guard let raw = Bytes32(bytes) else { return nil }
    self.init(raw)
  }
  /// Takes 64 hexadecimal digits.
  public init?(_ text: some StringProtocol) {
    guard let bytes = Hex.decode(text) else { return nil }
    self.init(bytes: bytes)
  }
  public var bytes: [UInt8] { raw.bytes }
  public var description: String { Hex.encode(raw.bytes) }
  /// The first eight digits, for people and logs; never for decisions.
  public var short: String { String(description.prefix(8)) }
}

extension Identifier where Raw == Bytes16 {
  /// Takes exactly 16 bytes; nil for any other count.
  @inlinable public init?(bytes: some Collection<UInt8>) {
    guard let raw = Bytes16(bytes) else { return nil }
    self.init(raw)
  }
  /// Takes 32 hexadecimal digits.
  public init?(_ text: some StringProtocol) {
    guard let bytes = Hex.decode(text) else { return nil }
    self.init(bytes: bytes)
  }
  public init(using generator: inout some RandomNumberGenerator) {
    self.init(Bytes16(using: &generator))
  }
  public var bytes: [UInt8] { raw.bytes }
  public var description: String { Hex.encode(raw.bytes) }
  public var short: String { String(description.prefix(8)) }
}

/// A device: its Ed25519 public key. It never changes.
public struct DeviceID: Identifier {
  public let raw: Bytes32
  @inlinable public init(_ raw: Bytes32) { self.raw = raw }
}

/// A workspace: the digest of its genesis statement.
public struct WorkspaceID: Identifier {
  public let raw: Bytes32
  @inlinable public init(_ raw: Bytes32) { self.raw = raw }
}

/// A member: derived from the workspace and the member's first device, so that nobody can claim another's.
public struct MemberID: Identifier {
  public let raw: Bytes16
  @inlinable public init(_ raw: Bytes16) { self.raw = raw }
}

/// A team's random id.
public struct TeamID: Identifier {
  public let raw: Bytes16
  @inlinable public init(_ raw: Bytes16) { self.raw = raw }
}

/// A random id, minted when a device's history starts anew.
public struct Incarnation: Identifier {
  public let raw: Bytes16
  @inlinable public init(_ raw: Bytes16) { self.raw = raw }
}

/// A member's X25519 public key: what is meant for the member is sealed to it.
public struct MemberKey: Identifier {
  public let raw: Bytes32
  @inlinable public init(_ raw: Bytes32) { self.raw = raw }
}

/// The public half of an invite: an Ed25519 public key.
public struct InviteID: Identifier {
  public let raw: Bytes32
  @inlinable public init(_ raw: Bytes32) { self.raw = raw }
}

/// A BLAKE2b-256 digest.
public struct Digest: Identifier {
  public let raw: Bytes32
  @inlinable public init(_ raw: Bytes32) { self.raw = raw }
  public static let zero = Digest(.zero)
}

/// The digest of a statement's bytes.
public struct StatementID: Identifier {
  public let raw: Bytes32
  @inlinable public init(_ raw: Bytes32) { self.raw = raw }
}

/// 32 random bytes that make a handshake fresh.
public struct Nonce: Identifier {
  public let raw: Bytes32
  @inlinable public init(_ raw: Bytes32) { self.raw = raw }
}

/// An Ed25519 signature, 64 bytes. It says nothing until it is verified.
public struct Signature: Hashable, Sendable {
  public let upper: Bytes32
  public let lower: Bytes32

  /// Takes exactly 64 bytes; nil for any other count.
  @inlinable public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 64, let upper = Bytes32(bytes.prefix(32)), let lower = Bytes32(bytes.suffix(32))
    else { return nil }
    self.upper = upper
    self.lower = lower
  }
  public var bytes: [UInt8] { upper.bytes + lower.bytes }
}
