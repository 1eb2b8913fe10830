import BullpenCore
import Testing

@testable import BullpenTransport

@Suite("Neighbours and networks of this machine")
struct NeighbourTests {
  static func endpoint(_ address: [UInt8], scope: UInt32 = 0) throws -> Endpoint {
    try #require(Endpoint(address: address, scope: scope, port: 4_781))
  }

  static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number) { Array($0) }
  }

  /// An answer of the kernel to who asks for its neighbours, as linux/rtnetlink.h lays it out.
  static func entry(_ address: [UInt8], state: UInt16, confirmed: UInt32, interface: UInt32 = 2) -> [UInt8] {
    func attribute(_ kind: UInt16, _ value: [UInt8]) -> [UInt8] {
      let padding = [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
      return bytes(UInt16(4 + value.count)) + bytes(kind) + value + padding
    }
    let family: UInt8 = address.count == 4 ? 2 : 10
    let neighbour = [family, 0, 0, 0] + bytes(interface) + bytes(state) + [0, 1]
    let body =
      neighbour + attribute(1, address) + attribute(2, [2, 66, 10, 77, 0, 1])
      + attribute(3, bytes(confirmed) + bytes(UInt32(1)) + bytes(UInt32(2)) + bytes(UInt32(3)))
    return bytes(UInt32(16 + body.count)) + bytes(UInt16(28)) + bytes(UInt16(2)) + bytes(UInt64(0)) + body
  }

  static let done = bytes(UInt32(20)) + bytes(UInt16(3)) + bytes(UInt16(2)) + [UInt8](repeating: 0, count: 12)

  @Test(
    "the kernel says who answers, who does not, and of whom it knows nothing",
    arguments: [
      (2, .answers), (1, .silent), (0x20, .silent),
      // Not asked since: the machine may have fallen asleep.
      (4, nil), (8, nil), (0x10, nil), (0x40, nil), (0x80, nil),
    ] as [(UInt16, JoinFacts.Neighbour?)])
  func states(state: UInt16, expected: JoinFacts.Neighbour?) throws {
    let table =
      Self.entry([10, 77, 0, 3], state: 2, confirmed: 10) + Self.entry([10, 77, 0, 1], state: state, confirmed: 10)
      + Self.done
    #expect(Neighbours.state(of: try Self.endpoint([10, 77, 0, 1]), within: 1_000, in: table) == expected)
    #expect(Neighbours.state(of: try Self.endpoint([10, 77, 0, 9]), within: 1_000, in: table) == nil)
    for count in table.indices {
      // However it is cut short, nothing else than that is read from it.
      let told = Neighbours.state(of: try Self.endpoint([10, 77, 0, 1]), within: 1_000, in: Array(table[..<count]))
      #expect(told == nil || told == expected)
    }
  }

  @Test("what was heard before somebody asked says nothing")
  func old() throws {
    let table = Self.entry([10, 77, 0, 1], state: 2, confirmed: 1_000)
    #expect(Neighbours.state(of: try Self.endpoint([10, 77, 0, 1]), within: 9_000, in: table) == nil)
    #expect(Neighbours.state(of: try Self.endpoint([10, 77, 0, 1]), within: 10_000, in: table) == .answers)
  }

  @Test("an address of a link counts on that link")
  func scope() throws {
    let address: [UInt8] = [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [7]
    let table = Self.entry(address, state: 2, confirmed: 1, interface: 3)
    #expect(Neighbours.state(of: try Self.endpoint(address, scope: 3), within: 1_000, in: table) == .answers)
    #expect(Neighbours.state(of: try Self.endpoint(address, scope: 2), within: 1_000, in: table) == nil)
  }

  @Test("loopback's network has its prefix, and is not one to meet others in")
  func loopback() throws {
    let lo = try #require(NetworkInterfaces.list().first { $0.kind == .loopback })
    #expect(lo.subnets.contains { $0.description == "127.0.0.0/8" })
    #expect(!NetworkInterfaces.subnets().contains { $0.interface == "lo" })
  }
}
