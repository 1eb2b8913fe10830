import Testing

@testable import BullpenTransport

@Suite("What the kernel counts of each interface")
struct LinkCounterTests {
  @Test("a line is read whatever the width of its columns; the heading and nonsense are not")
  func lines() {
    let text = """
      Inter-|   Receive                                                |  Transmit
       face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
          lo: 1290 12 0 0 0 0 0 0 1290 12 0 0 0 0 0 0
      eth0:171020    1380    0    0    0     0          0         9   150310    1204    0    0    0     0       0          0
      bad: 1 2 3
      """
    let counts = LinkCounters.parse(text)
    #expect(Set(counts.keys) == ["lo", "eth0"])
    #expect(counts["eth0"]?.heard.packets == 1_380 && counts["eth0"]?.heard.bytes == 171_020)
    #expect(counts["eth0"]?.sent.packets == 1_204 && counts["eth0"]?.sent.bytes == 150_310)
    #expect(LinkCounters.read()["lo"] != nil)
  }
}
