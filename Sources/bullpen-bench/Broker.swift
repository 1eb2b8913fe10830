import Foundation
import Glibc
import Synchronization

/// A message broker with one publisher and several subscribers, each on a socket and, where it reads, a thread of its
/// own: nothing between the program and the broker's own protocol.
final class Broker: Sendable {
  enum Kind {
    /// RESP 2, as `redis-server` speaks it.
    case redis
    /// The text protocol of `nats-server`.
    case nats
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private static let subject = "desk"
  private let kind: Kind
  private let publisher: Int32
  private let subscribers: [Int32]

  init(_ kind: Kind, _ port: UInt16, receivers: Int) throws {
    self.kind = kind
    publisher = try Self.connect(port)
    subscribers = try (0..<receivers).map { _ in try Self.connect(port) }
    for socket in [publisher] + subscribers where kind == .nats {
      try Self.read(socket, until: "\r\n")
      try Self.write(socket, "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nPING\r\n")
      try Self.read(socket, until: "PONG\r\n")
    }
    for socket in subscribers {
      switch kind {
      case .redis:
        try Self.write(socket, "*2\r\n$9\r\nSUBSCRIBE\r\n$4\r\n\(Self.subject)\r\n")
        try Self.read(socket, until: ":1\r\n")
      case .nats:
        try Self.write(socket, "SUB \(Self.subject) 1\r\nPING\r\n")
        try Self.read(socket, until: "PONG\r\n")
      }
    }
  }

  /// Seconds until the last subscriber has it.
  func tell(_ text: String) throws -> Double {
    let count = text.utf8.count
    let (sent, heard) =
      switch kind {
      case .redis:
        (
          "*3\r\n$7\r\nPUBLISH\r\n$4\r\n\(Self.subject)\r\n$\(count)\r\n\(text)\r\n",
          "*3\r\n$7\r\nmessage\r\n$4\r\n\(Self.subject)\r\n$\(count)\r\n\(text)\r\n"
        )
      case .nats:
        ("PUB \(Self.subject) \(count)\r\n\(text)\r\n", "MSG \(Self.subject) 1 \(count)\r\n\(text)\r\n")
      }
    let last = Mutex(ContinuousClock.now)
    let failures = Mutex(0)
    let threads = DispatchGroup()
    let ready = DispatchSemaphore(value: 0)
    for socket in subscribers {
      let thread = Thread {
        ready.signal()
        let isWhole = (try? Self.read(socket, heard.utf8.count)) != nil
        let now = ContinuousClock.now
        last.withLock { $0 = max($0, now) }
        if !isWhole { failures.withLock { $0 += 1 } }
        threads.leave()
      }
      threads.enter()
      thread.start()
    }
    for _ in subscribers { ready.wait() }
    let start = ContinuousClock.now
    try Self.write(publisher, sent)
    threads.wait()
    guard failures.withLock({ $0 }) == 0 else { throw Failure(description: "A subscriber's connection has ended.") }
    if kind == .redis { try Self.read(publisher, until: "\r\n") }
    return (last.withLock { $0 } - start).inSeconds
  }

  func close() { for socket in [publisher] + subscribers { _ = Glibc.close(socket) } }

  // MARK: - Sockets

  private static func connect(_ port: UInt16) throws -> Int32 {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(socket, $0, length) }
    }
    guard result == 0 else {
      throw Failure(description: "Nobody listens at 127.0.0.1:\(port): \(String(cString: strerror(errno))).")
    }
    var on: Int32 = 1
    setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    return socket
  }

  private static func write(_ socket: Int32, _ text: String) throws {
    let bytes = Array(text.utf8)
    guard send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw Failure(description: "A broker takes nothing more.")
    }
  }

  private static func read(_ socket: Int32, _ count: Int) throws {
    var buffer = [UInt8](repeating: 0, count: count)
    var left = count
    while left > 0 {
      let got = recv(socket, &buffer, left, 0)
      guard got > 0 else { throw Failure(description: "A broker has closed a connection.") }
      left -= got
    }
  }

  private static func read(_ socket: Int32, until end: String) throws {
    var text: [UInt8] = []
    var byte: UInt8 = 0
    while !text.suffix(end.utf8.count).elementsEqual(end.utf8) {
      guard text.count < 65_536, recv(socket, &byte, 1, 0) == 1 else {
        throw Failure(description: "A broker said something else than it was asked for.")
      }
      text.append(byte)
    }
  }
}
