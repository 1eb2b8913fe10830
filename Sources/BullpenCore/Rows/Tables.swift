/// Every replicated table of this version.
public enum Tables {
  private static let day: Int64 = 86_400_000

  /// Membership as log entries: each row holds one signed statement.
  public static let statements = TableDeclaration(
    "statements", key: .own,
    columns: [ColumnDeclaration("body", .bytes, limit: Limits.statementBytes)],
    writer: .keyMember)

  /// What a member says of itself.
  public static let members = TableDeclaration(
    "members", key: .perMember,
    columns: [ColumnDeclaration("display_name", .text, limit: Limits.nameBytes)],
    writer: .keyMember)

  /// One sealed message to named members.
  public static let notifications = TableDeclaration(
    "notifications", key: .own,
    columns: [
      ColumnDeclaration("kind", .text, limit: 64),
      ColumnDeclaration("title", .text, protection: .sealed, limit: Limits.titleBytes),
      ColumnDeclaration("body", .text, protection: .sealed, limit: Limits.bodyBytes),
      ColumnDeclaration("link", .text, protection: .sealed, limit: Limits.linkBytes),
    ],
    writer: .keyMember, audience: .named, lifetime: 90 * day)

  /// What a recipient did with a notification. Read and archived are times in Unix milliseconds; null
  /// takes the mark back.
  public static let notificationMarks = TableDeclaration(
    "notification_marks", key: .mark,
    columns: [ColumnDeclaration("read_at", .integer), ColumnDeclaration("archived_at", .integer)],
    writer: .keyMember, lifetime: 90 * day)

  /// What members did, for all to see.
  public static let activities = TableDeclaration(
    "activities", key: .own,
    columns: [
      ColumnDeclaration("kind", .text, limit: 64),
      ColumnDeclaration("text", .text, limit: Limits.bodyBytes),
      ColumnDeclaration("room", .text, limit: Limits.roomBytes),
      ColumnDeclaration("link", .text, limit: Limits.linkBytes),
    ],
    writer: .keyMember, lifetime: 180 * day)

  /// A member's settings, by name.
  public static let settings = TableDeclaration(
    "settings", key: .named, columns: [ColumnDeclaration("value", .text, limit: Limits.bodyBytes)],
    writer: .keyMember)

  /// What the owner and admins set for all, by name. Each writes rows of their own; of those of one name the newest
  /// holds.
  public static let workspaceSettings = TableDeclaration(
    "workspace_settings", key: .named, columns: [ColumnDeclaration("value", .text, limit: Limits.bodyBytes)],
    writer: .admin)

  /// Which people work together, for all to read. A row's name is a team's id, and then it has the team's `name`, or a
  /// team's id followed by a member's, and then it says whether the member `belongs` to it (1). Admins write rows of
  /// their own; of those of one name the newest cell holds, and a team whose name is empty or null is gone.
  public static let teams = TableDeclaration(
    "teams", key: .named,
    columns: [ColumnDeclaration("name", .text, limit: Limits.nameBytes), ColumnDeclaration("belongs", .integer)],
    writer: .admin)

  /// How a person wants to be seen, sealed to its own devices. Every change is a row of its own, so the rows are their
  /// history, and the newest holds. It is written anew long before its life ends.
  public static let presenceSettings = TableDeclaration(
    "presence_settings", key: .own,
    columns: [
      ColumnDeclaration("visibility", .text, protection: .sealed, limit: 16),
      ColumnDeclaration("show_page", .integer, protection: .sealed),
      ColumnDeclaration("show_activity", .integer, protection: .sealed),
      ColumnDeclaration("appear_offline", .integer, protection: .sealed),
      ColumnDeclaration("contacts", .bytes, protection: .sealed, limit: Limits.contactsBytes),
      ColumnDeclaration("analytics_told", .integer, protection: .sealed),
    ],
    writer: .keyMember, audience: .named, lifetime: 90 * day)

  /// What a member's day at one device adds up to, or a part of it, sealed to the admins who may see the member and to
  /// its own devices; `PresenceDay` says how. Written only where an admin turned that on.
  public static let presenceDays = TableDeclaration(
    "presence_days", key: .own,
    columns: [ColumnDeclaration("sums", .bytes, protection: .sealed, limit: Limits.presenceDayBytes)],
    writer: .keyMember, audience: .named, lifetime: 90 * day)

  /// Row keys sealed to readers; it only grows. Its rows live as long as what they open.
  public static let grants = TableDeclaration(
    "grants", key: .grant, columns: [ColumnDeclaration("box", .bytes, limit: 128)],
    writer: .keyMember, lifetime: 90 * day)

  public static let all = [
    statements, members, notifications, notificationMarks, activities, settings, grants, workspaceSettings,
    teams, presenceSettings, presenceDays,
  ]
}
