import BullpenDiscovery
import Testing

@Suite("Discovery that is switched off") struct DiscoveryOffTests {
  @Test("off is off")
  func off() throws {
    let heard = Heard()
    let discovery = Discovery(mode: .off, interface: nil) { heard.put($0) }
    discovery.start()
    discovery.refresh()
    discovery.stop()
    #expect(heard.all == [.state(.off)])
  }
}
