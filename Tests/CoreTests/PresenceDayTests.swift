import Testing

@testable import BullpenCore

@Suite("What a day adds up to")
struct PresenceDayTests {
  static let today = CalendarDay("2026-11-20")!  // a day of the calendar

  static func any(_ random: inout SeededRandomness) -> PresenceDay {
    var day = PresenceDay(today)
    day.count(session: Int(random.next() % 40))
    for _ in 0..<random.next() % 30 {
      day.count(Int64(random.next() % 3_000) * 1_000, inHour: Int(random.next() % 24))
      day.count(Int64(random.next() % 20_000) * 1_000, at: DeviceKind.allCases[Int(random.next() % 4)])
    }
    for _ in 0..<random.next() % 90 {
      guard let page = PageName("/page-\(random.next() % 120)") else { continue }
      day.count(views: Int(random.next() % 4_000), of: page)
    }
    return day
  }

  @Test("the order of its parts makes no difference, and no bound is passed")
  func order() {
    for seed in 1...200 {
      var random = SeededRandomness(seed: UInt64(seed))
      let parts = (0..<4).map { _ in Self.any(&random) }
      func sum(_ places: [Int]) -> PresenceDay {
        var sum = PresenceDay(Self.today)
        for place in places { sum.add(parts[place]) }
        return sum
      }
      let whole = sum([0, 1, 2, 3])
      #expect(sum([3, 1, 0, 2]) == whole, "seed \(seed)")
      var halves = sum([2, 0])
      halves.add(sum([1, 3]))
      #expect(halves == whole, "seed \(seed)")
      #expect(whole.hours.allSatisfy { (0...3_600_000).contains($0) })
      #expect(whole.kinds.allSatisfy { (0...CalendarDay.milliseconds).contains($0) })
      #expect(whole.pages.count <= Limits.pagesPerDay && whole.pages.values.allSatisfy { $0 <= Limits.viewsPerDay })
    }
  }

  @Test("it is read as it was written, in whole seconds, and its size is one of few")
  func bytes() throws {
    for seed in 1...200 {
      var random = SeededRandomness(seed: UInt64(seed))
      let day = Self.any(&random)
      let bytes = day.bytes
      #expect(bytes.count % Limits.presenceDayStep == 0 && bytes.count <= Limits.presenceDayBytes)
      #expect(PresenceDay(bytes: bytes)?.bytes == bytes, "seed \(seed)")
    }
    var longest = PresenceDay(Self.today)
    for number in 0..<60 {
      let tail = String(repeating: "x", count: 29)
      let page = try #require(PageName("/\(tail)/\(tail)/\(tail)/\(number)\(number < 10 ? "a" : "")"))
      longest.count(views: 9_999, of: page)
    }
    #expect(longest.pages.count == Limits.pagesPerDay && longest.bytes.count <= Limits.presenceDayBytes)
    #expect(PresenceDay(bytes: longest.bytes) == longest)
  }

  @Test("bytes that break a bound are no day")
  func broken() {
    var day = PresenceDay(Self.today)
    day.count(views: 3, of: PageName("/plan")!)  // a page's name
    let good = day.bytes
    func changed(_ place: Int, _ byte: UInt8) -> [UInt8] {
      var bytes = good
      bytes[place] = byte
      return bytes
    }
    #expect(PresenceDay(bytes: good) != nil)
    // Sessions, an hour, a kind, the count of pages, a page's length, what is in it, its views.
    for bytes in [
      changed(4, 0xff), changed(6, 0xff), changed(54, 0xff), changed(70, 51), changed(70, 2), changed(71, 200),
      changed(72, 0xff), changed(73, UInt8(ascii: "@")), changed(77, 0xff), Array(good.prefix(60)), [],
      good + Array(repeating: 0, count: Limits.presenceDayBytes),
    ] { #expect(PresenceDay(bytes: bytes) == nil) }
  }

  @Test(
    "a page's name says which page it is, and nothing of who, what or when",
    arguments: [
      ("/plan", "/plan"), ("people", "people"), ("/plan/", "/plan"), ("/", "/"), ("/plan?user=eve#top", "/plan"),
      ("/users/eve/inbox", "/users/*/inbox"), ("/People/Eve%20Marsh", "/People/*"), ("/u/eve", "/u/*"),
      ("/orders/4711/edit", "/orders/*/edit"), ("/q3/report-2.html", "/q3/report-2.html"),
      ("/mail/eve@example.org", "/mail/*"), ("/doc/7d1a4a6c2f0e", "/doc/*"), ("/~eve/notes", "/*/notes"),
      ("/a/b/c/d/e/f/g/h", "/a/b/c/d/e/f/*"), ("/search;jsessionid=1", "/search"), ("/2026/11/22", "/*/11/22"),
      ("/../x", "/*/x"), ("/Büro/Süd", "/Büro/Süd"), ("eve@example.org", nil), ("?q=eve", nil), ("", nil),
    ] as [(String, String?)])
  func pages(_ page: String, _ name: String?) {
    #expect(PageName(page)?.text == name)
  }

  @Test("a name that was made is not made anew")
  func idempotent() {
    let letters = Array("ab/e1@-._*?%ü ~9/users/4")
    for seed in 1...500 {
      var random = SeededRandomness(seed: UInt64(seed))
      let text = String((0..<random.next() % 150).map { _ in letters[Int(random.next() % UInt64(letters.count))] })
      guard let name = PageName(text) else { continue }
      #expect(PageName(name.text) == name, "\(text)")
      #expect((1...Limits.pageNameBytes).contains(name.text.utf8.count))
      #expect(!name.text.contains("@") && !name.text.contains("?"))
    }
  }

  @Test("days of the calendar are counted as the calendar does")
  func calendar() {
    for (number, text) in [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_777, "2026-11-20")] {
      #expect(CalendarDay(number: Int32(number)).description == text)
      #expect(CalendarDay(text)?.number == Int32(number))
    }
    for number in stride(from: 0, to: 60_000, by: 7) {
      let day = CalendarDay(number: Int32(number))
      #expect(CalendarDay(day.description) == day)
    }
    for text in [
      "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "1969-12-31", "today", "2026-11-2x", "+026-11-22",
    ] {
      #expect(CalendarDay(text) == nil, "\(text)")
    }
    #expect(CalendarDay(local: -1).number == -1)
    #expect(CalendarDay.hour(local: CalendarDay.milliseconds * 5 - 1) == 23)
  }

  @Test("a report adds up members, days and pages, and each person counts once a page")
  func report() throws {
    let (ada, bob) = (MemberID(Bytes16(high: 1, low: 1)), MemberID(Bytes16(high: 2, low: 2)))
    func day(_ ahead: Int, _ hour: Int, _ page: String) throws -> PresenceDay {
      var day = PresenceDay(Self.today.advanced(by: ahead))
      day.count(session: 1)
      day.count(3_600_000, inHour: hour)
      day.count(3_600_000, at: .mobile)
      day.count(views: 2, of: try #require(PageName(page)))
      return day
    }
    // Bob's two devices did not see each other: they make no two hours of one.
    let parts = [
      (ada, try day(0, 9, "/plan")), (bob, try day(0, 9, "/plan")), (bob, try day(0, 9, "/desk")),
      (bob, try day(1, 10, "/plan")), (ada, try day(7, 10, "/far")),
    ]
    let report = PresenceReport(parts.map { (member: $0, part: $1) }, over: Self.today...Self.today.advanced(by: 2))
    #expect((report.sessions, report.seconds, report.average, report.views) == (4, 3 * 3_600, 2_700, 8))
    #expect(report.days.map(\.members) == [2, 1, 0])
    #expect((report.hours[9], report.hours[10]) == (7_200, 3_600))
    #expect(report.people.map(\.member) == [bob, ada])
    #expect(report.pages.map(\.page.text) == ["/plan", "/desk"])
    #expect(report.pages.map(\.members) == [2, 1] && report.pages.map(\.views) == [6, 2])
    #expect(report.kinds == [0, 4 * 3_600, 0, 0])
    #expect(PresenceReport([], over: Self.today...Self.today).average == nil)
  }
}
