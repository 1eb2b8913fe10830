import Testing

@testable import BullpenDiscovery

@Suite("The question for one's own announcement")
struct MulticastEchoTests {
  static let name = String(repeating: "0123456789abcdef", count: 2)

  @Test("it is a question of RFC 1035 for the service")
  func question() {
    let words = Array("\u{8}_bullpen\u{4}_tcp\u{5}local\0".utf8)
    #expect(MulticastEcho.question == [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0] + words + [0, 12, 0, 1])
  }

  @Test("an answer with the name is the echo, also with a suffix; a question and another's answer are not")
  func echo() {
    func packet(_ flags: UInt8, _ name: String) -> ArraySlice<UInt8> {
      var bytes = MulticastEcho.question
      bytes[2] = flags
      bytes.append(32)
      bytes.append(contentsOf: Array(name.utf8))
      return bytes[...]
    }
    #expect(MulticastEcho.isEcho(packet(0x84, Self.name), of: Self.name))
    #expect(MulticastEcho.isEcho(packet(0x84, Self.name + "-2"), of: Self.name))
    #expect(!MulticastEcho.isEcho(packet(0, Self.name), of: Self.name))
    #expect(!MulticastEcho.isEcho(packet(0x84, String(Self.name.reversed())), of: Self.name))
    #expect(!MulticastEcho.isEcho([0x84, 0x84, 0x84], of: Self.name))
    #expect(!MulticastEcho.isEcho([], of: Self.name))
  }
}
