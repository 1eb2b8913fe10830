import BullpenCore
import NIOCore
import Testing

@testable import BullpenWeb

@Suite("What waits for a slow client")
struct OutboxTests {
  static func texts(_ outbox: Outbox) async -> [String] {
    var texts: [String] = []
    outbox.close(.normalClosure)
    while let frame = outbox.take() {
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
    let cursor = Outbox.Kind.cursor(RoomID("r")!, FakeWorkspace.bobsDevice)
    for number in 0..<10_000 {
      outbox.send(ByteBuffer(string: "cursor \(number)"), kind: cursor)
      if number == 5 { outbox.send(ByteBuffer(string: "first")) }
      if number == 9_998 { outbox.send(ByteBuffer(string: "second")) }
    }
    #expect(await Self.texts(outbox) == ["first", "second", "cursor 9999", "closed 1000"])
  }

  @Test("too much is dropped, but for the word that says so", arguments: [(600, 1), (40, 40_000)])
  func bounded(_ count: Int, _ size: Int) async {
    let slow = Tally()
    let outbox = Outbox(tooSlow: { slow.add() })
    for _ in 0..<count { outbox.send(ByteBuffer(repeating: 120, count: size)) }
    #expect(await Self.texts(outbox) == ["closed 1013"])
    await slow.wait(for: 1)
  }

  @Test("whoever speaks is called once for all that waits, and again for what comes after")
  func calls() async {
    let outbox = Outbox(tooSlow: {})
    let calls = Tally()
    outbox.send(ByteBuffer(string: "early"))
    outbox.onNews { calls.add() }
    await calls.wait(for: 1)
    outbox.send(ByteBuffer(string: "hello"))
    #expect(calls.count == 1)
    #expect(outbox.take()?.data == ByteBuffer(string: "early"))
    #expect(outbox.take()?.data == ByteBuffer(string: "hello"))
    #expect(outbox.take() == nil)
    outbox.send(ByteBuffer(string: "again"))
    #expect(calls.count == 2)
  }

  @Test("whoever waits for the end hears of it, and nothing is said after it")
  func end() async {
    let outbox = Outbox(tooSlow: {})
    async let end: Void = outbox.ended()
    outbox.send(ByteBuffer(string: "hello"))
    outbox.finish()
    await end
    await outbox.ended()
    #expect(outbox.take() == nil)
  }
}
