/// What the days of several members add up to, over a range of days.
public struct PresenceReport: Hashable, Sendable {
  public struct Day: Hashable, Sendable {
    public var day: CalendarDay
    public var sessions: Int
    public var seconds: Int64
    /// How many people were here.
    public var members: Int
  }

  public struct Person: Hashable, Sendable {
    public var member: MemberID
    public var sessions: Int
    public var seconds: Int64
    public var views: Int
  }

  public struct Page: Hashable, Sendable {
    public var page: PageName
    public var views: Int
    /// How many people came to it.
    public var members: Int
  }

  public var range: ClosedRange<CalendarDay>
  public var sessions = 0
  public var seconds: Int64 = 0
  public var views = 0
  /// Every day of the range.
  public var days: [Day]
  /// Seconds in which people were here, by the hour of the day, 24 of them.
  public var hours: [Int64] = Array(repeating: 0, count: 24)
  /// Whoever was here longest first; then by id.
  public var people: [Person]
  /// The most viewed first, then by name; `Limits.reportPages` at most.
  public var pages: [Page]
  /// Seconds at each kind of device, in the order of `DeviceKind.allCases`.
  public var kinds: [Int64] = Array(repeating: 0, count: DeviceKind.allCases.count)

  /// Seconds that a session lasted, nil where there was none.
  public var average: Int64? { sessions > 0 ? seconds / Int64(sessions) : nil }

  /// - Parameter parts: in any order; what lies outside the range is left out.
  public init(_ parts: [(member: MemberID, part: PresenceDay)], over range: ClosedRange<CalendarDay>) {
    self.range = range
    // Parts of one day are one day first: two devices that did not see each other make no two hours of one.
    var whole: [CalendarDay: [MemberID: PresenceDay]] = [:]
    for (member, part) in parts where range.contains(part.day) {
      whole[part.day, default: [:]][member, default: PresenceDay(part.day)].add(part)
    }
    days = (range.lowerBound.number...range.upperBound.number).map { number in
      let day = CalendarDay(number: number)
      let present = whole[day]?.values.filter { !$0.isEmpty } ?? []
      return Day(
        day: day, sessions: present.reduce(0) { $0 + $1.sessions },
        seconds: present.reduce(0) { $0 + $1.present / 1_000 }, members: present.count)
    }
    var people: [MemberID: Person] = [:]
    var pages: [PageName: (views: Int, members: Set<MemberID>)] = [:]
    for (member, day) in whole.values.joined() {
      var person = people[member] ?? Person(member: member, sessions: 0, seconds: 0, views: 0)
      person.sessions += day.sessions
      person.seconds += day.present / 1_000
      person.views += day.views
      people[member] = person
      for (page, views) in day.pages {
        pages[page, default: (0, [])].views += views
        pages[page]?.members.insert(member)
      }
      for (hour, milliseconds) in day.hours.enumerated() { hours[hour] += milliseconds / 1_000 }
      for (kind, milliseconds) in day.kinds.enumerated() { kinds[kind] += milliseconds / 1_000 }
    }
    self.people = people.values.sorted { ($1.seconds, $0.member) < ($0.seconds, $1.member) }
    let most = pages.map { Page(page: $0.key, views: $0.value.views, members: $0.value.members.count) }
    self.pages = Array(most.sorted { ($1.views, $0.page) < ($0.views, $1.page) }.prefix(Limits.reportPages))
    sessions = self.people.reduce(0) { $0 + $1.sessions }
    seconds = self.people.reduce(0) { $0 + $1.seconds }
    views = self.people.reduce(0) { $0 + $1.views }
  }
}
