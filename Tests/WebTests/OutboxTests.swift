import NIOCore
import Testing

@testable import BullpenWeb

@Suite("What waits for a slow client")
struct OutboxTests {
  static func texts(_ outbox: Outbox) async -> [String] {
    var texts: [String] = []
    outbox.close(.normalClosure)
    while let frame = await outbox.next() {
      texts.append(
        frame.opcode == .text
          ? String(decoding: frame.data.readableBytesView, as: UTF8.self)
          : "closed \(frame.data.getInteger(at: 0, as: UInt16.self) ?? 0)")
    }
    return texts
  }

  @Test("of a cursor only the newest waits, and all else in order")
  func newest() async {
    let outbox = Outbox(tooSlow: {})
    let cursor = Outbox.Kind.cursor(room: "r", user: "u", device: "d")
    for number in 0..<10_000 {
      outbox.send(Array("cursor \(number)".utf8), kind: cursor)
      if number == 5 { outbox.send(Array("first".utf8)) }
      if number == 9_998 { outbox.send(Array("second".utf8)) }
    }
    #expect(await Self.texts(outbox) == ["first", "second", "cursor 9999", "closed 1000"])
  }

  @Test("too much is dropped, but for the word that says so", arguments: [(600, 1), (40, 40_000)])
  func bounded(_ count: Int, _ size: Int) async {
    let slow = Tally()
    let outbox = Outbox(tooSlow: { slow.add() })
    for _ in 0..<count { outbox.send([UInt8](repeating: 120, count: size)) }
    #expect(await Self.texts(outbox) == ["closed 1013"])
    await slow.wait(for: 1)
  }

  @Test("whoever waits is woken, by a word or by the end")
  func waiting() async {
    let outbox = Outbox(tooSlow: {})
    async let first = outbox.next()
    outbox.send(Array("hello".utf8))
    #expect(await first?.data == ByteBuffer(string: "hello"))
    async let second = outbox.next()
    outbox.finish()
    #expect(await second == nil)
    #expect(await outbox.next() == nil)
  }
}
