import BullpenCore
import Testing

@Suite("What is told of addresses that are tried side by side")
struct JoinTellingTests {
  static let ada = Endpoint(address: [10, 77, 0, 1], port: 4781)!
  static let bob = Endpoint(address: [10, 77, 0, 2], port: 4781)!
  static let eve = Endpoint(address: [10, 77, 0, 3], port: 4781)!

  /// Those of some steps that are told.
  static func told(_ telling: inout JoinTelling, _ steps: [JoinProgress]) -> [JoinProgress] {
    steps.filter { telling.receive($0) }
  }

  @Test("while a device is shown the invite, nobody hears that another address is tried")
  func forward() {
    var telling = JoinTelling()
    let told = Self.told(
      &telling,
      [
        .searching(addresses: 2), .trying(Self.ada, .invite), .reached(Self.ada), .trying(Self.bob, .mdns),
        .proving(Self.ada), .trying(Self.eve, .mdns), .admitted(Self.ada), .fetching(have: 0, total: nil),
      ])
    #expect(told.map(\.phase) == ["searching", "trying", "reached", "proving", "admitted", "fetching"])
  }

  @Test("a late word of a greeting that broke off is not told, and hushes nothing that is")
  func late() {
    var telling = JoinTelling()
    let broken = JoinProgress.failed(JoinAttempt(Self.ada, .invite, .brokenOff))
    #expect(Self.told(&telling, [.trying(Self.ada, .invite), .reached(Self.ada), broken]).count == 3)
    #expect(telling.part() == nil)
    #expect(Self.told(&telling, [.proving(Self.ada), .trying(Self.bob, .mdns)]) == [.trying(Self.bob, .mdns)])
  }

  @Test("when that device does not let one in, the latest address that is still being tried is told")
  func goesOn() {
    var telling = JoinTelling()
    let refused = JoinProgress.failed(JoinAttempt(Self.bob, .mdns, .timedOut))
    let steps: [JoinProgress] = [
      .trying(Self.ada, .invite), .trying(Self.bob, .mdns), .reached(Self.ada), .trying(Self.eve, .mdns), refused,
      .failed(JoinAttempt(Self.ada, .invite, .inviteUnknown)),
    ]
    #expect(Self.told(&telling, steps).map(\.phase) == ["trying", "trying", "reached", "failed", "failed"])
    #expect(telling.part() == .trying(Self.eve, .mdns))
    #expect(Self.told(&telling, [.failed(JoinAttempt(Self.eve, .mdns, .refused))]).count == 1)
    #expect(telling.part() == nil)
    #expect(Self.told(&telling, [.trying(Self.bob, .mdns)]).count == 1)
  }
}
