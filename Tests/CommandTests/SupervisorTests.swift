import Foundation
import Glibc
import Testing

@testable import bullpen

@Suite("What a node says to systemd")
struct SupervisorTests {
  /// A bound socket, as systemd has one, and its name in the environment.
  final class Listener {
    private let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    let environment: [String: String]
    private let path: String?

    init(abstract: Bool) throws {
      let name = "bullpen-\(UUID().uuidString)"
      let path = abstract ? nil : FileManager.default.temporaryDirectory.path + "/" + name
      self.path = path
      environment = ["NOTIFY_SOCKET": path ?? "@" + name]
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let bytes = path.map { Array($0.utf8) + [0] } ?? [0] + Array(name.utf8)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
      let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
      }
      try #require(bound == 0)
    }

    deinit {
      close(descriptor)
      if let path { unlink(path) }
    }

    /// The next datagram; nil where none has come. What was sent on one machine has come.
    func heard() -> String? {
      var buffer = [UInt8](repeating: 0, count: 4_096)
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }
  }

  @Test("it says that it is ready and that it is stopping, one datagram each", arguments: [false, true])
  func words(abstract: Bool) throws {
    let listener = try Listener(abstract: abstract)
    let supervisor = try #require(Supervisor(listener.environment))
    supervisor.tell(.ready("The view is\nthere."))
    supervisor.tell(.stopping)
    #expect(listener.heard() == "READY=1\nSTATUS=The view isthere.")
    #expect(listener.heard()?.hasPrefix("STOPPING=1\n") == true)
    #expect(listener.heard() == nil)
  }

  @Test(
    "where nobody waits on this machine there is nobody to tell",
    arguments: [nil, "", "@", "relative", "vsock:2:1", "/" + String(repeating: "x", count: 107)])
  func nobody(socket: String?) {
    #expect(Supervisor(socket.map { ["NOTIFY_SOCKET": $0] } ?? [:]) == nil)
  }

  @Test("a supervisor that is gone is no trouble")
  func gone() throws {
    let environment = try Listener(abstract: false).environment
    try #require(Supervisor(environment)).tell(.stopping)
  }

  @Test("the longest path that the kernel takes is taken")
  func longest() {
    #expect(Supervisor(["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 106)]) != nil)
  }
}
