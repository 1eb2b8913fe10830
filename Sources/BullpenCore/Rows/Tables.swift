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

  /// Row keys sealed to readers; it only grows. Its rows live as long as what they open.
  public static let grants = TableDeclaration(
    "grants", key: .grant, columns: [ColumnDeclaration("box", .bytes, limit: 128)],
    writer: .keyMember, lifetime: 90 * day)

  public static let all = [
    statements, members, notifications, notificationMarks, activities, settings, grants, workspaceSettings,
  ]
}
