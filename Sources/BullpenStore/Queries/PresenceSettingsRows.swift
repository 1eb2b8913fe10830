import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

/// How a person wanted to be seen from a moment on.
public struct SettingsRecord: Hashable, Sendable {
  /// Nil where this device cannot open it.
  public let settings: PresenceSettings?
  /// Unix milliseconds, from the key.
  public let written: Int64
  /// The one that wrote it; nil where it is not known any more.
  public let device: DeviceID?

  public init(settings: PresenceSettings?, written: Int64, device: DeviceID?) {
    self.settings = settings
    self.written = written
    self.device = device
  }
}

extension Store {
  /// What a member decided, newest first, 1 to 100 a page. It opens only where the member is this node's own.
  public func presenceSettings(
    of member: MemberID, after: String? = nil, limit: Int = 50, wall: Int64
  ) throws -> RowPage<SettingsRecord> {
    let devices = numberedDevices
    return try read { db in
      guard let table = context.table(Tables.presenceSettings.name) else { return RowPage(rows: [], next: nil) }
      let seals = Seals(context, snapshot.membership, member: reader ?? member, db)
      let isOwn: (sql: String, arguments: [any DatabaseValueConvertible]) = (
        "substr(_key, 1, 16) = ?", [Data(member.bytes)]
      )
      return try table.page(where: isOwn, after: after, limit: limit, wall: wall, in: db) { key, row in
        SettingsRecord(
          settings: try PresenceSettings(row, key, seals), written: key.rowID(shape: .own)?.milliseconds ?? 0,
          device: row.clocks.columns[0].flatMap { devices[$0.device] })
      }
    }
  }

  /// What holds now: the newest row, or what this machine has kept of it, for a row's life ends while its person may be
  /// away for longer. Where it is known that something was decided and not what, nobody is told anything.
  ///
  /// - Returns: nil where nothing was ever decided.
  public func settingsInForce(of member: MemberID, wall: Int64) throws -> SettingsRecord? {
    let row = try presenceSettings(of: member, limit: 1, wall: wall).rows.first
    let kept = try note(Self.settingsNote).flatMap(SettingsRecord.init(note:))
    guard let row else { return kept }
    if let kept, kept.written > row.written { return kept }
    return SettingsRecord(settings: row.settings ?? .hidden, written: row.written, device: row.device)
  }

  /// All by which it is decided who hears of this node's person. What holds now is kept on this machine.
  public func privacy(wall: Int64) throws -> Privacy {
    let usual = try ownersSetting(Self.visibilitySetting).flatMap(VisibilityLevel.init(rawValue:)) ?? .team
    let teams = try teams()
    let analytics = try analytics()
    guard let member, let held = try settingsInForce(of: member, wall: wall), let settings = held.settings else {
      return Privacy(usual: usual, teams: teams, analytics: analytics)
    }
    let note = held.note
    if try self.note(Self.settingsNote) != note { try? setNote(Self.settingsNote, note) }
    return Privacy(settings: settings, usual: usual, teams: teams, analytics: analytics)
  }

  /// This device is one more of a person who has decided already: until it hears what, it tells nobody anything.
  public func awaitPresenceSettings() throws {
    try setNote(Self.settingsNote, SettingsRecord(settings: .hidden, written: 0, device: nil).note)
  }

  /// The name under which the workspace's default is kept in `workspace_settings`.
  public static let visibilitySetting = "default_visibility"
  private static let settingsNote = "presence_settings"
}

extension PresenceSettings {
  /// What a row of `presence_settings` has in its columns.
  public var cells: [String: Value] {
    let step = Limits.contactsStep
    let places = (contacts.count + step - 1) / step * step
    let filler = [UInt8](repeating: 0, count: 16 * (places - contacts.count))
    return [
      "visibility": .text(level?.rawValue ?? ""), "show_page": .integer(showsPage ? 1 : 0),
      "show_activity": .integer(showsActivity ? 1 : 0), "appear_offline": .integer(appearsOffline ? 1 : 0),
      "contacts": .bytes(contacts.flatMap(\.bytes) + filler), "analytics_told": .integer(toldOfAnalytics),
    ]
  }

  /// Nil for a row that does not open. A level of a newer version is taken for the narrowest.
  fileprivate init?(_ row: StoredRow, _ key: RowKey, _ seals: Seals) throws {
    let table = Tables.presenceSettings
    guard let secret = try seals.secret(table, key) else { return nil }
    func value(_ column: String) throws -> Value? {
      try seals.value(column, of: row, key, in: table, secret: secret)
    }
    guard case .text(let level)? = try value("visibility"), case .integer(let page)? = try value("show_page"),
      case .integer(let activity)? = try value("show_activity"),
      case .integer(let offline)? = try value("appear_offline"), case .bytes(let contacts)? = try value("contacts")
    else { return nil }
    // A version that knows of no analytics writes nothing there.
    let told: Int64 = if case .integer(let told)? = try value("analytics_told") { told } else { 0 }
    self.init(
      level: level.isEmpty ? nil : VisibilityLevel(rawValue: level) ?? .nobody, showsPage: page == 1,
      showsActivity: activity == 1, appearsOffline: offline == 1, contacts: Self.members(contacts),
      toldOfAnalytics: told)
  }

  /// Filler is no member's id.
  fileprivate static func members(_ bytes: some Collection<UInt8>) -> [MemberID] {
    let all = stride(from: 0, to: bytes.count, by: 16).compactMap { MemberID(bytes: bytes.dropFirst($0).prefix(16)) }
    return Set(all.filter { $0.raw != .zero }).sorted()
  }
}

/// As it is kept on this machine:
///
///     time 8 ‖ level 1 (0 default, then as declared) ‖ flags 1 (1 page, 2 activity, 4 offline, 8 told of analytics)
///     ‖ when that was turned on 8, where the person was told ‖ contacts, 16 each
extension SettingsRecord {
  fileprivate var note: [UInt8] {
    guard let settings else { return [] }
    let level = settings.level.flatMap(VisibilityLevel.allCases.firstIndex).map { UInt8($0) + 1 } ?? 0
    let flags: UInt8 =
      (settings.showsPage ? 1 : 0) | (settings.showsActivity ? 2 : 0) | (settings.appearsOffline ? 4 : 0)
      | (settings.toldOfAnalytics != 0 ? 8 : 0)
    let told = settings.toldOfAnalytics
    return UInt64(bitPattern: written).bigEndianBytes + [level, flags]
      + (told != 0 ? UInt64(bitPattern: told).bigEndianBytes : []) + settings.contacts.flatMap(\.bytes)
  }

  fileprivate init?(note: [UInt8]) {
    guard note.count >= 10, let time = UInt64(bigEndianBytes: note.prefix(8)), note[8] <= VisibilityLevel.allCases.count
    else { return nil }
    let level = note[8] == 0 ? nil : VisibilityLevel.allCases[Int(note[8]) - 1]
    let isTold = note[9] & 8 != 0
    let told = isTold ? UInt64(bigEndianBytes: note.dropFirst(10).prefix(8)) ?? 0 : 0
    self.init(
      settings: PresenceSettings(
        level: level, showsPage: note[9] & 1 != 0, showsActivity: note[9] & 2 != 0, appearsOffline: note[9] & 4 != 0,
        contacts: PresenceSettings.members(Array(note.dropFirst(isTold ? 18 : 10))),
        toldOfAnalytics: Int64(bitPattern: told)),
      written: Int64(bitPattern: time), device: nil)
  }
}
