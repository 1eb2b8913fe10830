import Testing

@testable import BullpenCore

@Suite("A device counts its share of its person's days")
struct PresenceTallyTests {
  /// One device of a person, on clocks that a test moves.
  private struct Desk {
    var tally = PresenceTally()
    var moment: PresenceTally.Moment

    init(_ number: UInt8, at local: Int64) {
      let device = DeviceID(Bytes32(Array(repeating: number, count: 32))!)  // 32 bytes
      moment = PresenceTally.Moment(
        boot: 1_000, local: local, isCounted: true, readers: [PresenceTallyTests.ada], device: device,
        presence: DevicePresence(), others: [])
    }

    mutating func look(after milliseconds: Int64 = 0) {
      moment.boot += milliseconds
      moment.local += milliseconds
      tally.note(moment)
    }

    /// So much time, looked at as often as a node does.
    mutating func pass(_ milliseconds: Int64) {
      var left = milliseconds
      while left > 0 {
        let step = min(left, Limits.tallyInterval)
        look(after: step)
        left -= step
      }
    }

    mutating func show(_ status: Status, page: String? = nil) {
      moment.presence.status = status
      moment.presence.page = page.flatMap { RoomID("page:\($0)") }
      look()
    }

    var days: [PresenceDay] { tally.share?.days ?? [] }
    var seconds: Int64 { days.reduce(0) { $0 + $1.present } / 1_000 }
    var sessions: Int { days.reduce(0) { $0 + $1.sessions } }
  }

  private static let ada = MemberID(Bytes16(high: 1, low: 1))
  private static let bob = MemberID(Bytes16(high: 2, low: 2))
  private static let minute: Int64 = 60_000
  private static let today = CalendarDay("2026-11-20")!  // a day of the calendar
  private static let nine = today.start + 9 * 3_600_000

  @Test("an hour is an hour of one session; who is idle or away is not here")
  func plain() throws {
    var desk = Desk(1, at: Self.nine)
    desk.show(.online)
    desk.pass(30 * Self.minute)
    desk.show(.idle)
    desk.pass(20 * Self.minute)
    desk.show(.busy)
    desk.pass(30 * Self.minute)
    desk.show(.away)
    desk.pass(3 * Self.minute)
    desk.show(.online)
    desk.pass(Self.minute)
    let day = try #require(desk.days.first)
    #expect((desk.days.count, day.sessions, desk.seconds) == (1, 2, 61 * 60))
    #expect((day.hours[9], day.hours[10]) == (40 * Self.minute, 21 * Self.minute))
    #expect(day.kinds == [61 * Self.minute, 0, 0, 0])
  }

  @Test("a day that crosses midnight is two, and no second of it is lost")
  func midnight() throws {
    var desk = Desk(1, at: Self.today.start - 20 * Self.minute)
    desk.show(.online)
    desk.look(after: 7_000)
    desk.pass(50 * Self.minute)
    #expect(desk.days.map(\.day) == [Self.today.advanced(by: -1), Self.today])
    #expect(desk.days.map(\.present) == [20 * Self.minute, 30 * Self.minute + 7_000])
    #expect(desk.days.map(\.sessions) == [1, 0])
    #expect(desk.days[0].hours[23] == 20 * Self.minute)
  }

  @Test("a clock that is set makes no time and loses none; sleep is nobody's time")
  func clocks() {
    var desk = Desk(1, at: Self.nine)
    desk.show(.online)
    desk.pass(10 * Self.minute)
    desk.moment.local -= 86_400_000
    desk.pass(10 * Self.minute)
    desk.moment.local += 3 * 86_400_000
    desk.pass(10 * Self.minute)
    #expect(desk.seconds == 30 * 60)
    desk.look(after: 8 * 3_600_000)
    desk.pass(Self.minute)
    #expect(desk.seconds == 31 * 60)
    #expect(desk.sessions == 2)
    for _ in 0..<20 {
      desk.moment.local += 5 * 86_400_000
      desk.pass(Self.minute)
    }
    #expect(desk.days.count == Limits.talliedDays)
  }

  @Test("nothing is counted while it may not be, and nothing of before it is told later")
  func uncounted() {
    var desk = Desk(1, at: Self.nine)
    desk.moment.isCounted = false
    desk.show(.online, page: "/plan")
    desk.pass(10 * Self.minute)
    #expect(desk.days.isEmpty)
    desk.moment.isCounted = true
    desk.look()
    desk.pass(10 * Self.minute)
    desk.moment.isCounted = false
    desk.look()
    desk.pass(10 * Self.minute)
    #expect((desk.seconds, desk.sessions) == (600, 1))
  }

  @Test("pages are counted as one comes to them, by a name that tells nothing else")
  func pages() throws {
    var desk = Desk(1, at: Self.nine)
    for page in ["/plan?user=eve", "/plan", nil, "/plan", "/users/eve", "/users/bob", "/plan"] as [String?] {
      desk.show(.online, page: page)
    }
    desk.show(.idle, page: "/desk")
    let counted = try #require(desk.days.first).pages.map { ($0.key.text, $0.value) }
    #expect(Dictionary(uniqueKeysWithValues: counted) == ["/plan": 2, "/users/*": 1])
  }

  @Test("who reads it is who might see the person all the while; what is taken is not told twice")
  func shares() throws {
    var desk = Desk(1, at: Self.nine)
    desk.moment.readers = [Self.ada, Self.bob]
    desk.show(.online)
    desk.pass(Self.minute)
    desk.moment.readers = [Self.ada]
    desk.look()
    desk.pass(Self.minute)
    let taken = desk.tally.take()
    let share = try #require(taken)
    #expect(share.readers == [Self.ada] && desk.tally.share == nil)
    desk.moment.readers = [Self.ada, Self.bob]
    desk.look()
    desk.pass(Self.minute)
    #expect(desk.tally.share?.readers == [Self.ada, Self.bob])
    desk.tally.putBack(share)
    #expect(desk.seconds == 180 && desk.tally.share?.readers == [Self.ada])
    desk.tally.forget()
    #expect(desk.tally.take() == nil)
    desk.pass(Self.minute)
    #expect((desk.seconds, desk.sessions) == (60, 0))
  }

  @Test("several devices that see one another add up to what their person was here")
  func several() {
    for seed in 1...150 {
      var random = SeededRandomness(seed: UInt64(seed))
      var desks = (1...3).map { Desk(UInt8($0), at: Self.nine) }
      var here: Set<Int> = []
      var truth: (ms: Int64, sessions: Int) = (0, 0)
      var absent = Int64.max
      for _ in 0..<60 {
        // One comes or goes at a time, and stays so for longer than devices take to find one another.
        let changed = Int(random.next() % 3)
        if here.remove(changed) == nil { here.insert(changed) }
        if here.count == 1, here.contains(changed), absent > Limits.sessionGap { truth.sessions += 1 }
        for place in desks.indices {
          desks[place].moment.presence.status = here.contains(place) ? .online : .idle
          desks[place].moment.others = Set(here.subtracting([place]).map { desks[$0].moment.device })
          desks[place].look()
        }
        let time = Int64(random.next() % 600_000) + Limits.tallyInterval
        for place in desks.indices { desks[place].pass(time) }
        if here.isEmpty {
          absent = absent == .max ? .max : absent + time
        } else {
          truth.ms += time
          absent = 0
        }
      }
      let parts = desks.flatMap(\.days).map { (member: Self.bob, part: $0) }
      let days = parts.map(\.part.day)
      let report = PresenceReport(parts, over: (days.min() ?? Self.today)...(days.max() ?? Self.today))
      #expect(desks.reduce(0) { $0 + $1.days.reduce(0) { $0 + $1.present } } == truth.ms, "seed \(seed)")
      #expect(report.sessions == truth.sessions, "seed \(seed)")
      #expect(truth.ms / 1_000 - report.seconds <= 48, "seed \(seed): whole seconds")
    }
  }
}
