/// A day of the calendar, by its number: 0 is 1970-01-01. Which day it is depends on where one is, so whoever makes one
/// hands in local time.
public struct CalendarDay: Hashable, Comparable, Sendable {
  public static let milliseconds: Int64 = 86_400_000

  public let number: Int32

  public init(number: Int32) { self.number = number }

  /// The day in which a moment lies.
  ///
  /// - Parameter local: Unix milliseconds plus what the local clock is ahead of UTC.
  public init(local: Int64) {
    let number = local >= 0 ? local / Self.milliseconds : (local + 1) / Self.milliseconds - 1
    self.init(number: Int32(clamping: number))
  }

  /// Its first moment, as `init(local:)` takes one.
  public var start: Int64 { Int64(number) * Self.milliseconds }

  /// The hour of a moment, 0–23.
  public static func hour(local: Int64) -> Int { Int((local - CalendarDay(local: local).start) / 3_600_000) }

  public func advanced(by days: Int) -> CalendarDay {
    CalendarDay(number: Int32(clamping: Int64(number) + Int64(days)))
  }

  public static func < (a: CalendarDay, b: CalendarDay) -> Bool { a.number < b.number }
}

/// Written as `2026-11-22`. Eras of 400 years, each of as many days, begin on the 1st of March (H. Hinnant,
/// "chrono-compatible low-level date algorithms").
extension CalendarDay: CustomStringConvertible {
  private static let eraDays = 146_097
  /// From the 1st of March of year 0 to 1970.
  private static let epoch = 719_468

  public var description: String {
    let days = Int(number) + Self.epoch
    let era = (days >= 0 ? days : days - Self.eraDays + 1) / Self.eraDays
    let inEra = days - era * Self.eraDays
    let year = (inEra - inEra / 1_460 + inEra / 36_524 - inEra / 146_096) / 365
    let inYear = inEra - (365 * year + year / 4 - year / 100)
    let month = (5 * inYear + 2) / 153
    let day = inYear - (153 * month + 2) / 5 + 1
    let isNextYear = month >= 10
    return
      "\(Self.digits(year + era * 400 + (isNextYear ? 1 : 0), 4))-\(Self.digits(isNextYear ? month - 9 : month + 3, 2))"
      + "-\(Self.digits(day, 2))"
  }

  private static func digits(_ number: Int, _ count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }

  /// Nil for a text that is no day between the years 1970 and 9999.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.count) == [4, 2, 2], text.utf8.allSatisfy({ $0 == 45 || (48...57).contains($0) }),
      let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), year >= 1970,
      (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let inEra = shifted - era * 400
    let inYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let days = inEra * 365 + inEra / 4 - inEra / 100 + inYear
    self.init(number: Int32(clamping: era * Self.eraDays + days - Self.epoch))
    // The 31st of a shorter month is another day.
    guard description == text else { return nil }
  }
}
