import BullpenCore
import Glibc

/// Who answers on the links of this machine, below IP, as the kernel keeps it (rtnetlink(7), RTM_GETNEIGH): for IPv4 by
/// ARP, for IPv6 by neighbour discovery.
public enum Neighbours {
  /// Whether an address answers on its link.
  ///
  /// What the kernel has heard before that time says nothing: it believes in a machine for up to 45 s after its last
  /// word, and the machine may have fallen asleep since.
  /// - Parameter since: milliseconds of the boot clock.
  /// - Returns: nil where the kernel has no word of it, or an old one.
  public static func state(of endpoint: Endpoint, since: Int64) -> JoinFacts.Neighbour? {
    // The time is read last: an answer to the dial is never older than that by then.
    dump().flatMap { state(of: endpoint, within: Clocks.now().boot - since, in: $0) }
  }

  // MARK: - What the kernel says

  /// The kernel counts in ticks of some milliseconds.
  private static let tolerance: Int64 = 20

  // linux/netlink.h, linux/rtnetlink.h and linux/neighbour.h
  private static let newNeighbour: UInt16 = 28
  private static let getNeighbour: UInt16 = 30
  private static let done: UInt16 = 3
  private static let failed: UInt16 = 2
  private static let dumpRequest: UInt16 = 0x301
  private static let headerBytes = 16
  private static let neighbourBytes = 12
  private static let destination: UInt16 = 1
  private static let cacheInfo: UInt16 = 3
  private static let incomplete: UInt16 = 0x01
  private static let reachable: UInt16 = 0x02
  private static let failedState: UInt16 = 0x20

  /// - Parameter within: milliseconds.
  static func state(of endpoint: Endpoint, within age: Int64, in messages: [UInt8]) -> JoinFacts.Neighbour? {
    var found: JoinFacts.Neighbour?
    for entry in entries(messages) {
      guard entry.address == endpoint.address, endpoint.scope == 0 || entry.interface == endpoint.scope else {
        continue
      }
      switch entry.state {
      case reachable where entry.confirmed <= age + tolerance: return .answers
      case incomplete, failedState: found = .silent
      default: break
      }
    }
    return found
  }

  private struct Entry {
    var interface: UInt32
    var state: UInt16
    var address: [UInt8] = []
    /// Milliseconds ago.
    var confirmed = Int64.max / 2
  }

  private static func entries(_ messages: [UInt8]) -> [Entry] {
    var entries: [Entry] = []
    messages.withUnsafeBytes { all in
      for message in self.messages(all) where kind(message) == newNeighbour {
        guard message.count >= headerBytes + neighbourBytes else { continue }
        var entry = Entry(
          interface: message.loadUnaligned(fromByteOffset: headerBytes + 4, as: UInt32.self),
          state: message.loadUnaligned(fromByteOffset: headerBytes + 8, as: UInt16.self))
        let attributes = UnsafeRawBufferPointer(rebasing: message[(headerBytes + neighbourBytes)...])
        for attribute in parts(attributes, header: 4, length: { Int($0.loadUnaligned(as: UInt16.self)) }) {
          let value = UnsafeRawBufferPointer(rebasing: attribute[4...])
          switch attribute.loadUnaligned(fromByteOffset: 2, as: UInt16.self) {
          case destination: entry.address = Array(value)
          // Its first field counts from the last answer, in hundredths of a second.
          case cacheInfo where value.count >= 4: entry.confirmed = Int64(value.loadUnaligned(as: UInt32.self)) * 10
          default: break
          }
        }
        entries.append(entry)
      }
    }
    return entries
  }

  private static func messages(_ bytes: UnsafeRawBufferPointer) -> [UnsafeRawBufferPointer] {
    parts(bytes, header: headerBytes) { Int($0.loadUnaligned(as: UInt32.self)) }
  }

  private static func kind(_ message: UnsafeRawBufferPointer) -> UInt16 {
    message.loadUnaligned(fromByteOffset: 4, as: UInt16.self)
  }

  /// Cuts bytes into parts that each begin with a header that tells the part's length, and at a multiple of four.
  private static func parts(
    _ bytes: UnsafeRawBufferPointer, header: Int, length: (UnsafeRawBufferPointer) -> Int
  ) -> [UnsafeRawBufferPointer] {
    var parts: [UnsafeRawBufferPointer] = []
    var rest = bytes
    while rest.count >= header {
      let count = length(rest)
      guard count >= header, count <= rest.count else { break }
      parts.append(UnsafeRawBufferPointer(rebasing: rest[..<count]))
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst((count + 3) / 4 * 4))
    }
    return parts
  }

  // MARK: - Asking

  /// Everything that the kernel answers; nil where it does not.
  private static func dump() -> [UInt8]? {
    guard let socket = try? RouteSocket.open(groups: 0) else { return nil }
    defer { close(socket) }
    // Of any family and interface: a header, and twelve bytes of nothing.
    var request = [UInt8](repeating: 0, count: headerBytes + neighbourBytes)
    request.withUnsafeMutableBytes {
      $0.storeBytes(of: UInt32($0.count), as: UInt32.self)
      $0.storeBytes(of: getNeighbour, toByteOffset: 4, as: UInt16.self)
      $0.storeBytes(of: dumpRequest, toByteOffset: 6, as: UInt16.self)
    }
    guard send(socket, request, request.count, 0) == request.count else { return nil }
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 32_768)
    // The kernel writes each part as it is read. Large offices fill a few.
    for _ in 0..<64 {
      let count = recv(socket, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      let kinds = chunk.withUnsafeBytes { messages(UnsafeRawBufferPointer(rebasing: $0[..<count])).map(kind) }
      if kinds.contains(failed) { return nil }
      answer += chunk[..<count]
      if kinds.contains(done) { return answer }
    }
    return nil
  }
}
