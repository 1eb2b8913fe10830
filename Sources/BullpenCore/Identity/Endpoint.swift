/// An IP address and a port. Link-local IPv6 keeps the interface that it belongs to.
public struct Endpoint: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Four or sixteen bytes.
  public let address: [UInt8]
  /// The interface's index on this machine, for a link-local IPv6 address; else 0. It never leaves the machine.
  public let scope: UInt32
  public let port: UInt16
  /// The interface's name, for people, where it was looked up. It is no part of what the endpoint is.
  public private(set) var zone: String?

  /// Nil for any other length than 4 or 16.
  public init?(address: [UInt8], scope: UInt32 = 0, port: UInt16) {
    guard address.count == 4 || address.count == 16 else { return nil }
    self.address = address
    self.scope = scope
    self.port = port
  }

  /// fe80::/10
  public var isLinkLocal: Bool { address.count == 16 && address[0] == 0xfe && address[1] & 0xc0 == 0x80 }

  public var isLoopback: Bool {
    address.count == 4 ? address[0] == 127 : address.dropLast().allSatisfy { $0 == 0 } && address[15] == 1
  }

  public static func == (a: Endpoint, b: Endpoint) -> Bool {
    a.address == b.address && a.scope == b.scope && a.port == b.port
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(address)
    hasher.combine(scope)
    hasher.combine(port)
  }

  /// The same, to be shown with the name of its interface instead of its number.
  /// - Parameter zones: names of this machine's interfaces, by index.
  public func named(_ zones: [UInt32: String]) -> Endpoint {
    var named = self
    named.zone = scope == 0 ? nil : zones[scope]
    return named
  }

  public static func < (a: Endpoint, b: Endpoint) -> Bool {
    if a.address.count != b.address.count { return a.address.count < b.address.count }
    if a.address != b.address { return a.address.lexicographicallyPrecedes(b.address) }
    return a.scope != b.scope ? a.scope < b.scope : a.port < b.port
  }

  public var host: String {
    if address.count == 4 { return address.map(String.init).joined(separator: ".") }
    let groups = stride(from: 0, to: 16, by: 2).map { UInt16(address[$0]) << 8 | UInt16(address[$0 + 1]) }
    // The longest run of two or more zero groups is written as "::" (RFC 5952).
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > max(best.count, 1) { best = start..<end }
      start = max(end, start + 1)
    }
    let text = { (range: Range<Int>) in groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
    let body = best.isEmpty ? text(0..<8) : text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
    return scope == 0 ? body : "\(body)%\(zone ?? String(scope))"
  }

  public var description: String { address.count == 4 ? "\(host):\(port)" : "[\(host)]:\(port)" }
}
