import BullpenCore

/// Whether the workspace counts how it is used, and this node's person with it.
public struct AnalyticsState: Hashable, Sendable {
  public var isOn: Bool
  /// When that was said, Unix milliseconds, and by whom; nil where nobody ever did.
  public var at: Int64?
  public var by: MemberID?
  /// Whether the person said that it knows.
  public var isTold: Bool
  /// Whether anything of the person is counted now.
  public var isCounted: Bool
  /// The owner and admins who may read what is counted of the person now, in ascending order.
  public var readers: [MemberID]

  public init(
    isOn: Bool = false, at: Int64? = nil, by: MemberID? = nil, isTold: Bool = false, isCounted: Bool = false,
    readers: [MemberID] = []
  ) {
    self.isOn = isOn
    self.at = at
    self.by = by
    self.isTold = isTold
    self.isCounted = isCounted
    self.readers = readers
  }

  init(_ machine: Workspace) {
    let said = machine.privacy.analytics
    self.init(
      isOn: said.isOn, at: said.at == 0 ? nil : said.at, by: said.by,
      isTold: said.isOn && machine.privacy.isToldOfAnalytics, isCounted: machine.isCounted,
      readers: said.isOn ? machine.analyticsReaders : [])
  }
}

/// Which days a report is about, and whose.
public struct AnalyticsQuery: Hashable, Sendable {
  public enum Scope: String, Hashable, Sendable, CaseIterable { case all, me }

  /// Nil: 29 days before `to`.
  public var from: CalendarDay?
  /// Nil: today.
  public var to: CalendarDay?
  /// Nil: everybody's for the owner and admins, else one's own.
  public var scope: Scope?

  public init(from: CalendarDay? = nil, to: CalendarDay? = nil, scope: Scope? = nil) {
    self.from = from
    self.to = to
    self.scope = scope
  }
}

/// What was counted.
public struct AnalyticsView: Sendable {
  public var scope: AnalyticsQuery.Scope
  public var range: ClosedRange<CalendarDay>
  /// Parts of days, of whomever they are, in no order.
  public var parts: [(member: MemberID, part: PresenceDay)]
  public var names: [MemberID: String]
  public var isOn: Bool

  public init(
    scope: AnalyticsQuery.Scope, range: ClosedRange<CalendarDay>, parts: [(member: MemberID, part: PresenceDay)],
    names: [MemberID: String], isOn: Bool
  ) {
    self.scope = scope
    self.range = range
    self.parts = parts
    self.names = names
    self.isOn = isOn
  }

  public var report: PresenceReport { PresenceReport(parts, over: range) }
}
