import Foundation
import Glibc
import ServiceLifecycle

/// Who started this process and waits to hear how it is doing, in the words of sd_notify(3): one datagram of
/// `NAME=value` lines to the socket that `NOTIFY_SOCKET` names, as a path or, after `@`, as an abstract name.
struct Supervisor: Sendable {
  enum Word: Sendable {
    /// The local API answers; with one line for who asks how the service is.
    case ready(String)
    case stopping

    var lines: String {
      switch self {
      case .ready(let status): "READY=1\nSTATUS=\(status.filter { !$0.isNewline })"
      case .stopping: "STOPPING=1\nSTATUS=Saying goodbye."
      }
    }
  }

  private let name: [UInt8]

  /// Nil where nobody waits, or waits in a way that is not of this machine.
  init?(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
    guard let socket = environment["NOTIFY_SOCKET"], socket.hasPrefix("/") || socket.hasPrefix("@") else { return nil }
    var name = Array(socket.utf8)
    if name[0] == UInt8(ascii: "@") { name[0] = 0 }
    // One byte stays for the zero at the end of a path.
    guard name.count > 1, name.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
    self.name = name
  }

  /// Nobody is worse off where it is not heard, so a failure is no failure of ours.
  func tell(_ word: Word) {
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    // An abstract name ends where the length says, not at a zero.
    let length = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + name.count + (name[0] == 0 ? 0 : 1)
    let message = Array(word.lines.utf8)
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), $0, socklen_t(length))
      }
    }
  }
}
