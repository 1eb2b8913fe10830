import BullpenCore
import Testing

@testable import BullpenCrypto

@Suite("Datagram keys")
struct DatagramKeyTests {
  static let key = DatagramKey(Samples.bytes32(0x33))
  static let header = DatagramHeader(connection: DatagramConnectionID(raw: 0x0102_0304_0506_0708), sequence: 9)
  /// A signature's worth of bytes and a body.
  static let content = [UInt8](repeating: 5, count: 64) + [1, 2, 3]

  @Test("a datagram opens to its content, behind its header in clear")
  func opens() throws {
    let datagram = Self.key.seal(Self.content, Self.header)
    #expect(datagram.count == 17 + Self.content.count + 16)
    #expect(Array(datagram.prefix(17)) == [1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 9])
    #expect(DatagramHeader(datagram) == Self.header)
    #expect(Self.key.open(datagram, Self.header) == Self.content)
  }

  @Test("every flipped bit of a datagram is noticed, in its header too")
  func flipped() {
    let datagram = Self.key.seal(Self.content, Self.header)
    for bit in 0..<datagram.count * 8 {
      var changed = datagram
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      guard let header = DatagramHeader(changed) else {
        #expect(bit < 8, "only another version has no header")
        continue
      }
      #expect(Self.key.open(changed, header) == nil, "bit \(bit)")
    }
  }

  @Test("a datagram does not open with another key, another header or a byte less")
  func others() {
    let datagram = Self.key.seal(Self.content, Self.header)
    #expect(DatagramKey(Samples.bytes32(0x34)).open(datagram, Self.header) == nil)
    let later = DatagramHeader(connection: Self.header.connection, sequence: 10)
    let another = DatagramHeader(connection: DatagramConnectionID(raw: 1), sequence: 9)
    #expect(Self.key.open(datagram, later) == nil)
    #expect(Self.key.open(datagram, another) == nil)
    for count in 0..<datagram.count { #expect(Self.key.open(datagram.prefix(count), Self.header) == nil) }
  }

  @Test("the same content under another number looks different")
  func nonces() {
    let later = DatagramHeader(connection: Self.header.connection, sequence: 10)
    let (a, b) = (Self.key.seal(Self.content, Self.header), Self.key.seal(Self.content, later))
    #expect(a.dropFirst(17) != b.dropFirst(17))
    #expect(a == Self.key.seal(Self.content, Self.header))
  }
}
