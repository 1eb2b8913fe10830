import BullpenCore
import Dispatch
import Glibc

/// Addresses that people write by hand.
public enum NodeAddress {
  /// Whether the text may be `host:port`, `host`, `[v6]:port` or `[v6]`. Whether somebody lives there is not asked.
  public static func isWellFormed(_ text: String) -> Bool {
    let (host, port) = split(text, NodeOptions.defaultPort)
    let isAddress = host.contains(":")
    let isBracketed = text.hasPrefix("[")
    let tail = isBracketed ? text[text.index(after: text.lastIndex(of: "]") ?? text.startIndex)...] : ""
    guard (1...65_535).contains(port), !host.isEmpty, host.utf8.count <= 255,
      isBracketed == false || tail.isEmpty || (tail.hasPrefix(":") && Int(tail.dropFirst()) != nil)
    else { return false }
    if isAddress { return host.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." } || host.contains("%") }
    return !isBracketed
      && host.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-" || $0 == "_") }
  }

  /// Reads `host:port`, `host`, `[v6]:port`; asks the resolver for names.
  static func resolve(_ text: String, defaultPort: Int) async -> [Endpoint] {
    let (host, port) = split(text, defaultPort)
    // The resolver may wait for a name server, so it waits elsewhere.
    return await withCheckedContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(returning: lookUp(host, port)) }
    }
  }

  private static func lookUp(_ host: String, _ port: Int) -> [Endpoint] {
    guard let port = UInt16(exactly: port) else { return [] }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
    defer { freeaddrinfo(first) }
    var found: [Endpoint] = []
    var next = first
    while let entry = next?.pointee {
      next = entry.ai_next
      // The structure's family says which of the two it is.
      switch entry.ai_family {
      case AF_INET:
        entry.ai_addr?.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
          let bytes = withUnsafeBytes(of: address.pointee.sin_addr) { Array($0) }
          if let endpoint = Endpoint(address: bytes, port: port) { found.append(endpoint) }
        }
      case AF_INET6:
        entry.ai_addr?.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
          let bytes = withUnsafeBytes(of: address.pointee.sin6_addr) { Array($0) }
          if let endpoint = Endpoint(address: bytes, scope: address.pointee.sin6_scope_id, port: port) {
            found.append(endpoint)
          }
        }
      default: break
      }
    }
    return found
  }

  static func split(_ text: String, _ defaultPort: Int) -> (host: String, port: Int) {
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      let host = String(text[text.index(after: text.startIndex)..<end])
      let port = Int(text[end...].dropFirst(2)) ?? defaultPort
      return (host, port)
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let port = Int(parts[1]) else { return (text, defaultPort) }
    return (String(parts[0]), port)
  }
}
