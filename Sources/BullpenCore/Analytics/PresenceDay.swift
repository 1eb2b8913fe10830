/// What one member's day at one device adds up to, or a part of it: sums alone, and no moment of anything. Of several
/// devices, and of several parts, the sums are added.
public struct PresenceDay: Hashable, Sendable {
  public let day: CalendarDay
  /// How often the person came; ≤ `Limits.sessionsPerDay`.
  public private(set) var sessions = 0
  /// Milliseconds for which the person was here in each of the 24 hours, an hour at most.
  public private(set) var hours: [Int64] = Array(repeating: 0, count: 24)
  /// Milliseconds at each kind of device, in the order of `DeviceKind.allCases`, a day at most.
  public private(set) var kinds: [Int64] = Array(repeating: 0, count: DeviceKind.allCases.count)
  /// How often each page was come to; at most `Limits.pagesPerDay` pages, and `Limits.viewsPerDay` times each.
  public private(set) var pages: [PageName: Int] = [:]

  public init(_ day: CalendarDay) { self.day = day }

  /// Milliseconds for which the person was here.
  public var present: Int64 { hours.reduce(0, +) }
  public var views: Int { pages.values.reduce(0, +) }
  public var isEmpty: Bool { self == PresenceDay(day) }

  // MARK: - Adding

  mutating func count(session count: Int) { sessions = min(sessions + max(count, 0), Limits.sessionsPerDay) }

  mutating func count(_ milliseconds: Int64, inHour hour: Int) {
    hours[hour] = min(hours[hour] + max(milliseconds, 0), 3_600_000)
  }

  mutating func count(_ milliseconds: Int64, at kind: DeviceKind) { count(milliseconds, at: Int(kind.rawValue) - 1) }

  private mutating func count(_ milliseconds: Int64, at place: Int) {
    kinds[place] = min(kinds[place] + max(milliseconds, 0), CalendarDay.milliseconds)
  }

  mutating func count(views: Int, of page: PageName) {
    pages[page] = min((pages[page] ?? 0) + max(views, 0), Limits.viewsPerDay)
    // Which are left does not depend on the order in which they came.
    while pages.count > Limits.pagesPerDay, let last = pages.keys.max() { pages[last] = nil }
  }

  /// Another part of the same day. The order of parts makes no difference.
  public mutating func add(_ other: PresenceDay) {
    count(session: other.sessions)
    for (hour, milliseconds) in other.hours.enumerated() { count(milliseconds, inHour: hour) }
    for (place, milliseconds) in other.kinds.enumerated() { count(milliseconds, at: place) }
    for (page, views) in other.pages.sorted(by: { $0.key < $1.key }) { count(views: views, of: page) }
  }
}

/// As it is kept and carried, in whole seconds, integers big-endian:
///
///     day 4 ‖ sessions 2 ‖ hours, 24 × 2 ‖ kinds, 4 × 4 ‖ pages 1 ‖ page ‖ page ‖ … ‖ zeros
///     page    length 1 ‖ name ‖ views 2, in ascending order of name
///
/// Zeros fill it up to a multiple of `Limits.presenceDayStep`, so that its size says little of how many pages there are.
extension PresenceDay {
  public var bytes: [UInt8] {
    var bytes = Self.bytes(UInt64(UInt32(bitPattern: day.number)), 4) + Self.bytes(UInt64(sessions), 2)
    for hour in hours { bytes += Self.bytes(UInt64(hour / 1_000), 2) }
    for kind in kinds { bytes += Self.bytes(UInt64(kind / 1_000), 4) }
    bytes.append(UInt8(pages.count))
    for (page, views) in pages.sorted(by: { $0.key < $1.key }) {
      bytes.append(UInt8(page.text.utf8.count))
      bytes += Array(page.text.utf8) + Self.bytes(UInt64(views), 2)
    }
    let step = Limits.presenceDayStep
    return bytes + Array(repeating: 0, count: (bytes.count + step - 1) / step * step - bytes.count)
  }

  /// Nil for bytes that break a bound.
  public init?(bytes: [UInt8]) {
    var rest = bytes[...]
    func take(_ count: Int) -> UInt64? {
      guard rest.count >= count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    guard bytes.count <= Limits.presenceDayBytes, let number = take(4), let sessions = take(2),
      sessions <= Limits.sessionsPerDay
    else { return nil }
    self.init(CalendarDay(number: Int32(bitPattern: UInt32(number))))
    count(session: Int(sessions))
    for hour in hours.indices {
      guard let seconds = take(2), seconds <= 3_600 else { return nil }
      hours[hour] = Int64(seconds) * 1_000
    }
    for place in kinds.indices {
      guard let seconds = take(4), seconds <= 86_400 else { return nil }
      kinds[place] = Int64(seconds) * 1_000
    }
    guard let named = take(1), named <= Limits.pagesPerDay else { return nil }
    for _ in 0..<named {
      guard let length = take(1), rest.count >= Int(length),
        let text = String(validating: rest.prefix(Int(length)), as: UTF8.self)
      else { return nil }
      rest = rest.dropFirst(Int(length))
      // Whoever writes what no node counts is not shown.
      guard let page = PageName(text), page.text == text, pages[page] == nil, let views = take(2),
        (1...UInt64(Limits.viewsPerDay)).contains(views)
      else { return nil }
      pages[page] = Int(views)
    }
  }

  private static func bytes(_ number: UInt64, _ count: Int) -> [UInt8] { number.bigEndianBytes.suffix(count) }
}
