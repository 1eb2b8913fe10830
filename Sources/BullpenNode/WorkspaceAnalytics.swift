import BullpenCore
import BullpenStore

/// How the workspace is used, as far as it is counted.
extension WorkspaceHandle {
  func analytics(_ query: AnalyticsQuery) async throws -> AnalyticsView {
    let me = try await member()
    await node.noteTally()
    let (isAdmin, isOn, wall, mine) = await node.counted(of: me)
    let scope = query.scope ?? (isAdmin ? .all : .me)
    guard scope == .me || isAdmin else {
      throw NodeError(
        .forbidden, "Only the owner and admins read what is counted of others.", hint: "Ask for your own: scope=me.")
    }
    let range = try Self.range(query, today: CalendarDay(local: wall + LocalTime.ahead(at: wall)))
    // A row is begun on its day, wherever on the earth that is, or a little later.
    let slack = 3 * CalendarDay.milliseconds
    let begun = ClosedRange(uncheckedBounds: (range.lowerBound.start - slack, range.upperBound.start + slack))
    var parts = mine.map { (member: me, part: $0) }
    var after: String?
    var rows = 0
    repeat {
      // A page at a time, so that writes of others come between.
      let mark = after
      let page = try await ask {
        try $0.presenceDays(of: scope == .me ? me : nil, begun: begun, after: mark, wall: wall)
      }
      parts += page.rows.compactMap { row in row.day.map { (member: row.key.writer, part: $0) } }
      rows += page.rows.count
      after = page.next
      guard rows <= Limits.reportRows else {
        throw NodeError(.tooLarge, "That is more than \(Limits.reportRows) rows.", hint: "Ask for fewer days.")
      }
    } while after != nil
    return AnalyticsView(
      scope: scope, range: range, parts: parts, names: try await ask { try $0.displayNames() }, isOn: isOn)
  }

  private static func range(_ query: AnalyticsQuery, today: CalendarDay) throws -> ClosedRange<CalendarDay> {
    let to = query.to ?? max(today, query.from ?? today)
    let from = query.from ?? to.advanced(by: -29)
    guard from <= to else {
      throw NodeError(.invalid, "The range ends on \(to), before it begins on \(from).", hint: "Change the two.")
    }
    guard Int(to.number) - Int(from.number) < Limits.reportDays else {
      throw NodeError(
        .invalid, "A report covers \(Limits.reportDays) days at most: for so long is kept what was counted.",
        hint: "Ask for fewer days.")
    }
    return from...to
  }

  func setAnalytics(on isOn: Bool) async throws -> PresenceSettingsView {
    let me = try await admin("turn the analytics on and off")
    guard let key = RowKey.named(me, Store.analyticsSetting) else {
      throw NodeError(.invalid, "This cannot be named.")
    }
    try await node.followSettings()
    if await node.look({ machine, _ in machine.privacy.analytics.isOn }) != isOn {
      _ = try await node.write(
        Draft([RowDraft(Tables.workspaceSettings, key, cells: ["value": .text(isOn ? "on" : "off")])]))
    }
    // Whoever turns it on knows.
    return isOn ? try await noteToldOfAnalytics() : try await presenceSettings()
  }

  func noteToldOfAnalytics() async throws -> PresenceSettingsView {
    try await node.followSettings()
    let said = await node.look { machine, _ in machine.privacy.analytics }
    guard said.isOn else {
      throw NodeError(.conflict, "Nothing is counted in this workspace, so there is nothing to be told of.")
    }
    return try await setPresenceSettings(PresenceSettingsChange(toldOfAnalytics: said.at))
  }

  func eraseAnalytics() async throws -> Int { try await node.eraseDays(of: try await member()) }
}

extension WorkspaceNode {
  /// Whether the person is the owner or an admin, whether anything is counted, the corrected time, and what this device
  /// has not written yet.
  fileprivate func counted(of me: MemberID) -> (isAdmin: Bool, isOn: Bool, wall: Int64, mine: [PresenceDay]) {
    look { machine, now in
      (
        machine.analyticsAdmins.contains(me), machine.privacy.analytics.isOn, machine.corrected(now),
        counting.tally.share?.days ?? []
      )
    }
  }
}
