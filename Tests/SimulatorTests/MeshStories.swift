import BullpenCore
import BullpenSimulator
import Testing

@Suite("Stories of a mesh")
struct MeshStories {
  private let ada = 0
  private let bob = 1
  private let eve = 2
  private let dan = 3
  private let ada2 = 4

  @Test("in an office of twenty nobody keeps more than a few connections, everybody sees everybody, and news is quick")
  func large() throws {
    let office = Simulation(seed: 21, plan: FaultPlan(nodes: 20))
    try office.open()
    office.advance(by: 20_000)
    let open = (0..<20).map { office.connections($0) }
    #expect(open.allSatisfy { (2...18).contains($0) })
    #expect(open.reduce(0, +) < 20 * 13)
    for node in 0..<20 { #expect(office.sees(node, (node + 7) % 20) == .online) }

    let before = (0..<20).map { office.received($0) }
    office.post(bob, "who has the key?")
    office.advance(by: 500)
    for node in 0..<20 {
      #expect(office.activities(node) == ["who has the key?"])
      #expect(office.received(node) - before[node] <= 1, "nothing is fetched twice")
    }
    #expect(office.settle() == [])
  }

  @Test("a newcomer to a large office meets everybody and needs nothing twice")
  func newcomer() throws {
    let office = Simulation(seed: 22, plan: FaultPlan(nodes: 16))
    try office.open()
    office.advance(by: 15_000)
    office.bring(.suspend(eve))
    office.advance(by: 10_000)
    for number in 0..<30 { office.post([ada, bob, dan][number % 3], "news \(number)") }
    office.advance(by: 2_000)
    let before = office.received(eve)
    office.bring(.wake(eve))
    office.advance(by: 5_000)
    #expect(office.activities(eve).count == 30)
    #expect(office.received(eve) - before == 30)
    #expect(office.settle() == [])
  }

  @Test("in a large office the laptop that carries the news may die, and it arrives all the same")
  func crashes() throws {
    let office = Simulation(seed: 23, plan: FaultPlan(nodes: 14))
    try office.open()
    office.advance(by: 15_000)
    for node in [eve, dan, 7, 9] { office.bring(.crash(node)) }
    office.post(bob, "the lift is stuck")
    office.advance(by: 12_000)
    for node in [ada, ada2, 5, 6, 8, 10, 13] { #expect(office.activities(node) == ["the lift is stuck"]) }
    #expect(office.settle() == [])
  }

  @Test("withhold: who announces what it does not send is passed over and named, and another gives what it kept back")
  func withholder() throws {
    var place = -1
    let office = Simulation(
      seed: 24, plan: FaultPlan(),
      disk: { [eve] disk in
        place += 1
        return place == eve ? Withholding(disk) : disk
      })
    try office.open()
    office.advance(by: 2_000)
    office.bring(.unplug(dan))
    office.advance(by: 20_000)
    office.post(ada, "lunch at one")
    office.advance(by: 2_000)
    for node in [ada, bob, ada2] { office.bring(.stop(node)) }
    office.bring(.heal)
    office.advance(by: 60_000)
    #expect(office.activities(dan) == [])
    #expect(office.withholders(dan) == [eve])

    office.bring(.start(bob))
    office.advance(by: 5_000)
    #expect(office.activities(dan) == ["lunch at one"])
    #expect(office.withholders(dan) == [eve])
    #expect(office.withholders(bob) == [])
  }

  @Test(
    "lie about heads: who claims more of a log than its author ever wrote is named, and keeps nobody from the truth")
  func liar() throws {
    var place = -1
    let office = Simulation(
      seed: 26, plan: FaultPlan(),
      disk: { [eve] disk in
        place += 1
        return place == eve ? Boasting(disk) : disk
      })
    try office.open()
    office.advance(by: 2_000)
    office.bring(.stop(eve))
    office.post(ada, "the first word")
    office.advance(by: 2_000)
    office.bring(.start(eve))
    office.advance(by: 30_000)
    office.post(ada, "the last word")
    // It is named when it has been asked once more.
    office.advance(by: 15_000)
    for node in [ada, bob, dan, ada2] {
      #expect(office.activities(node).sorted() == ["the first word", "the last word"])
      #expect(office.held(node) == office.held(ada))
      #expect(office.withholders(node) == [eve])
    }
  }

  @Test("splice and forge: who sends what nobody has signed is not believed, passed over and named")
  func garbler() throws {
    let office = try openOffice(seed: 28) { _ in }
    office.bring(.garble(eve))
    office.bring(.unplug(dan))
    office.advance(by: 20_000)
    office.post(ada, "lunch at one")
    office.advance(by: 2_000)
    for node in [ada, bob, ada2] { office.bring(.stop(node)) }
    office.bring(.heal)
    office.advance(by: 60_000)
    #expect(office.activities(dan) == [])
    #expect(office.withholders(dan) == [eve])
    office.bring(.start(bob))
    office.advance(by: 5_000)
    #expect(office.activities(dan) == ["lunch at one"])
    #expect(office.withholders(bob) == [])
    #expect(office.settle() == [])
  }

  @Test("claim a stub for a live payload: nobody counts it as there, and another gives what it says")
  func hollow() throws {
    let office = try openOffice(seed: 29) { _ in }
    office.bring(.hollow(eve))
    office.bring(.unplug(dan))
    office.advance(by: 20_000)
    office.post(ada, "lunch at one")
    office.advance(by: 2_000)
    for node in [ada, bob, ada2] { office.bring(.stop(node)) }
    office.bring(.heal)
    office.advance(by: 20_000)
    #expect(office.held(dan) < office.held(eve))
    office.bring(.start(bob))
    office.advance(by: 5_000)
    #expect(office.activities(dan) == ["lunch at one"])
    #expect(office.settle() == [])
  }

  @Test("a dozen logs that wait behind a large one come once, from whom they were asked, and nobody is named for it")
  func slowLink() throws {
    var plan = FaultPlan(nodes: 8)
    // Bytes a millisecond: poor Wi-Fi.
    plan.bandwidth = 100
    let office = Simulation(seed: 27, plan: plan)
    try office.open()
    office.advance(by: 2_000)
    office.bring(.unplug(dan))
    office.advance(by: 20_000)
    let others = [ada, bob, eve, 4, 5, 6, 7]
    for node in others {
      office.post(node, "hello")
      office.set(node, "colour", to: "blue")
    }
    // The log that is asked for first takes ten seconds.
    let first = try #require(others.min { office.device($0) < office.device($1) })
    for number in 0..<125 { office.post(first, "\(number) \(String(repeating: "x", count: 8_000))") }
    office.advance(by: 60_000)
    for node in others where node != bob { office.bring(.stop(node)) }
    let before = (received: office.received(dan), held: office.held(dan))
    office.bring(.heal)
    office.advance(by: 3_000)
    // By the time that the last would lapse there is somebody else to ask.
    office.bring(.start(eve))
    for _ in 0..<30 {
      office.advance(by: 1_000)
      #expect(office.withholders(dan) == [])
    }
    #expect(office.held(dan) == office.held(bob))
    #expect(office.received(dan) - before.received == office.held(dan) - before.held, "nothing is fetched twice")
    #expect(office.settle() == [])
  }

  @Test("one whose line is poor waits for what it brings, and nobody waits for it")
  func poorLine() throws {
    let office = try openOffice(seed: 30) { _ in }
    office.bring(.slow(eve, bytes: 20))
    for number in 0..<60 { office.post(bob, "\(number) \(String(repeating: "x", count: 8_000))") }
    office.advance(by: 2_000)
    for node in [ada, dan, ada2] { #expect(office.held(node) == office.held(bob)) }
    office.post(dan, "lunch?")
    office.advance(by: 200)
    for node in [ada, bob, ada2] { #expect(office.held(node) == office.held(dan)) }
    // As many bytes as came over its line, and no more.
    #expect(office.held(eve) < office.held(dan) - 50)
    for node in [ada, bob, dan, ada2] { #expect(office.sees(node, eve) == .online) }
    office.advance(by: 30_000)
    #expect(office.held(eve) == office.held(dan))
    #expect(office.withholders(eve) == [])
    #expect(office.settle() == [])
  }

  @Test("one whose disk takes nothing holds up nobody, and no more waits for it than it gave credit for")
  func slow() throws {
    var place = -1
    let stuck = Stuck.Switch()
    let office = Simulation(
      seed: 25, plan: FaultPlan(),
      disk: { [eve] disk in
        place += 1
        return place == eve ? Stuck(disk, stuck) : disk
      })
    try office.open()
    office.advance(by: 2_000)
    stuck.isOn = true
    // Three windows' worth.
    for number in 0..<200 { office.post(bob, "\(number) \(String(repeating: "x", count: 8_000))") }
    office.advance(by: 5_000)
    for node in [ada, dan, ada2] { #expect(office.held(node) == office.held(bob)) }
    #expect(office.held(eve) < office.held(bob))
    #expect(office.lookRound() == [])
    stuck.isOn = false
    #expect(office.settle() == [])
  }
}

/// Announces what it holds of others' logs, and sends nothing of it.
private final class Withholding: PassingDisk {
  override func segments(_ range: LogRange, maxBytes: Int) throws -> [Segment] { [] }
}

/// Says that it has a thousand entries more of every log than it has.
private final class Boasting: PassingDisk {
  override func heads() throws -> Heads {
    Heads(try super.heads().byLog.mapValues { Head(sequence: $0.sequence + 1_000, digest: $0.digest) })
  }
}

/// Takes nothing that others send, for a while.
private final class Stuck: PassingDisk {
  final class Switch { var isOn = false }
  private let isStuck: Switch

  init(_ disk: any Disk, _ isStuck: Switch) {
    self.isStuck = isStuck
    super.init(disk)
  }

  override func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome {
    if isStuck.isOn { throw CommitFailure(reason: "The disk is full.") }
    return try super.apply(segments, from: peer, wall: wall, certain: certain)
  }
}
