/// One TLS connection of this node, numbered in the order of opening. It never leaves the machine.
public struct ConnectionID: Hashable, Comparable, Sendable {
  public let raw: UInt64
  public init(raw: UInt64) { self.raw = raw }
  public static func < (a: ConnectionID, b: ConnectionID) -> Bool { a.raw < b.raw }
}

/// One attempt to reach a device, numbered in the order of dialing.
public struct DialID: Hashable, Comparable, Sendable {
  public let raw: UInt64
  public init(raw: UInt64) { self.raw = raw }
  public static func < (a: DialID, b: DialID) -> Bool { a.raw < b.raw }
}
