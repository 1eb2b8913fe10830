import BullpenCore
import BullpenStore

/// How this node's person wants to be seen.
extension WorkspaceHandle {
  func presenceSettings() async throws -> PresenceSettingsView {
    _ = try await member()
    try await node.followSettings()
    let (privacy, visibility, analytics) = await node.look { machine, _ in
      (machine.privacy, machine.visibility, AnalyticsState(machine))
    }
    return PresenceSettingsView(
      settings: privacy.settings, level: privacy.level, usual: privacy.usual, visibleTo: visibility.members.sorted(),
      analytics: analytics)
  }

  func setPresenceSettings(_ change: PresenceSettingsChange) async throws -> PresenceSettingsView {
    let me = try await member()
    let wall = await wall()
    let held = try await ask { try $0.settingsInForce(of: me, wall: wall) }
    let before = held?.settings ?? PresenceSettings()
    let after = change.applied(to: before)
    let membership = await node.look { machine, _ in machine.membership }
    guard after.contacts.count <= Limits.audience else {
      throw NodeError(.tooLarge, "You can name \(Limits.audience) contacts at most.")
    }
    // Whoever left may stay on the list; nobody new is put on it who is not here.
    for contact in after.contacts where !before.contacts.contains(contact) {
      guard contact != me else { throw NodeError(.invalid, "You always see yourself.", hint: "Name somebody else.") }
      _ = try present(contact, in: membership)
    }
    if after != before || held == nil || held?.written == 0 {
      try await node.write(after, of: me, after: held?.written ?? 0)
    }
    return try await presenceSettings()
  }

  func presenceSettingsHistory(after: String?, limit: Int) async throws -> Page<PresenceSettingsEntry> {
    let me = try await member()
    let wall = await wall()
    let (page, older) = try await ask { store in
      let page = try store.presenceSettings(of: me, after: after, limit: limit, wall: wall)
      // What the last of a page differs from is on the next.
      let next = page.next
      return (page, try next.flatMap { try store.presenceSettings(of: me, after: $0, limit: 1, wall: wall).rows.first })
    }
    let records = page.rows + (older.map { [$0] } ?? [])
    let entries = page.rows.enumerated().compactMap { place, record -> PresenceSettingsEntry? in
      guard let settings = record.settings else { return nil }
      let before = records.dropFirst(place + 1).lazy.compactMap(\.settings).first ?? PresenceSettings()
      return PresenceSettingsEntry(
        at: record.written, device: record.device, changed: settings.parts(differentFrom: before), settings: settings)
    }
    return Page(rows: entries, next: page.next)
  }

  // MARK: - The workspace's default

  func setDefaultVisibility(_ level: VisibilityLevel) async throws -> PresenceSettingsView {
    let me = try await member()
    guard await node.look({ machine, _ in machine.membership.owner }) == me else {
      throw NodeError(.forbidden, "Only the owner chooses the workspace's default.", hint: "Ask the owner.")
    }
    guard let key = RowKey.named(me, Store.visibilitySetting) else {
      throw NodeError(.invalid, "This cannot be named.")
    }
    _ = try await node.write(
      Draft([RowDraft(Tables.workspaceSettings, key, cells: ["value": .text(level.rawValue)])]))
    return try await presenceSettings()
  }

  /// This node's member, who must be the owner or an admin.
  func admin(_ deed: String) async throws -> MemberID {
    let me = try await member()
    let role = await node.look { machine, _ in machine.membership.members[me]?.role }
    guard let role, role >= .admin else {
      throw NodeError(.forbidden, "Only the owner and admins \(deed).", hint: "Ask one of them.")
    }
    return me
  }
}
