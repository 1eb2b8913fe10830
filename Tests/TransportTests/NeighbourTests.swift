import BullpenCore
import Testing

@testable import BullpenTransport

@Suite("Neighbours and networks of this machine")
struct NeighbourTests {
  static let table = """
    IP address       HW type     Flags       HW address            Mask     Device
    10.77.0.1        0x1         0x2         02:42:0a:4d:00:01     *        eth0
    10.77.0.3        0x1         0x0         00:00:00:00:00:00     *        eth0
    10.77.0.4        0x1         0x6         02:42:0a:4d:00:04     *        eth0
    """

  @Test("the kernel's table says who answers, who does not, and of whom it knows nothing")
  func states() {
    #expect(Neighbours.state(of: "10.77.0.1", in: Self.table) == .answers)
    #expect(Neighbours.state(of: "10.77.0.3", in: Self.table) == .silent)
    #expect(Neighbours.state(of: "10.77.0.4", in: Self.table) == .answers)
    #expect(Neighbours.state(of: "10.77.0.9", in: Self.table) == nil)
    #expect(Neighbours.state(of: "10.77.0.1", in: "IP address\n10.77.0.1 x\n") == nil)
  }

  @Test("loopback's network has its prefix, and is not one to meet others in")
  func loopback() throws {
    let lo = try #require(NetworkInterfaces.list().first { $0.kind == .loopback })
    #expect(lo.subnets.contains { $0.description == "127.0.0.0/8" })
    #expect(!NetworkInterfaces.subnets().contains { $0.interface == "lo" })
  }
}
