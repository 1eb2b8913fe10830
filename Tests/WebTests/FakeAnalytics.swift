import BullpenCore

@testable import BullpenNode

/// What was counted of the people of a node in memory: one day of each.
extension FakeWorkspace {
  static let counted = CalendarDay("2026-11-20")!  // a day of the calendar

  func analytics(_ query: AnalyticsQuery) async throws -> AnalyticsView {
    let (isOwner, isOn, isErased) = state.withLock { ($0.isOwner, $0.analytics.isOn, $0.isErased) }
    let scope = query.scope ?? (isOwner ? .all : .me)
    guard scope == .me || isOwner else {
      throw NodeError(.forbidden, "Only the owner and admins read what is counted of others.")
    }
    let to = query.to ?? Self.counted
    let from = query.from ?? to.advanced(by: -29)
    guard from <= to else { throw NodeError(.invalid, "The range ends before it begins.") }
    // Ten o'clock for a quarter of an hour, on one page, by hand.
    func number(_ value: UInt64, _ count: Int) -> [UInt8] { value.bigEndianBytes.suffix(count) }
    var bytes = number(UInt64(Self.counted.number), 4) + number(2, 2)
    for hour in 0..<24 { bytes += number(hour == 10 ? 900 : 0, 2) }
    for seconds in [900, 0, 0, 0] as [UInt64] { bytes += number(seconds, 4) }
    bytes += [1, 5] + Array("/plan".utf8) + number(3, 2)
    guard let part = PresenceDay(bytes: bytes) else { throw NodeError(.storage, "That is no day.") }
    let people = (isErased ? [] : [Self.ada]) + (scope == .all ? [Self.bob] : [])
    return AnalyticsView(
      scope: scope, range: from...to, parts: people.map { (member: $0, part: part) },
      names: [Self.ada: "Ada Quill", Self.bob: "=Bob, \"the\" Underwood"], isOn: isOn)
  }

  func setAnalytics(on isOn: Bool) async throws -> PresenceSettingsView {
    try state.withLock { state in
      guard state.isOwner else { throw NodeError(.forbidden, "Only the owner and admins turn it on and off.") }
      state.analytics = AnalyticsState(
        isOn: isOn, at: 1_763_700_000_000, by: Self.ada, isTold: isOn, isCounted: isOn, readers: isOn ? [Self.ada] : [])
    }
    return try await presenceSettings()
  }

  func noteToldOfAnalytics() async throws -> PresenceSettingsView {
    guard state.withLock({ $0.analytics.isOn }) else { throw NodeError(.conflict, "Nothing is counted.") }
    return try await setPresenceSettings(PresenceSettingsChange(toldOfAnalytics: 1_763_700_000_000))
  }

  func eraseAnalytics() async throws -> Int {
    state.withLock { state in
      defer { state.isErased = true }
      return state.isErased ? 0 : 1
    }
  }
}
