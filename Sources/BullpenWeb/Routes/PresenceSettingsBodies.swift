import BullpenCore
import BullpenNode

struct PresenceSettingsBody: Encodable {
  let visibility: String
  let level: String
  let defaultVisibility: String
  let showPage: Bool
  let showActivity: Bool
  let appearOffline: Bool
  let contacts: [String]
  let visibleTo: [String]
  let analytics: AnalyticsStateBody

  init(_ view: PresenceSettingsView) {
    visibility = view.settings.level.word
    level = view.level.rawValue
    defaultVisibility = view.usual.rawValue
    showPage = view.settings.showsPage
    showActivity = view.settings.showsActivity
    appearOffline = view.settings.appearsOffline
    contacts = view.settings.contacts.map(\.description)
    visibleTo = view.visibleTo.map(\.description)
    analytics = AnalyticsStateBody(view.analytics)
  }
}

/// What is left out stays as it is.
struct PresenceSettingsRequest: Decodable {
  let visibility: String?
  let showPage: Bool?
  let showActivity: Bool?
  let appearOffline: Bool?
  let contacts: [String]?

  /// Throws `invalid` for what no level and no member's id is.
  func checked() throws(Problem) -> PresenceSettingsChange {
    var change = PresenceSettingsChange(
      showsPage: showPage, showsActivity: showActivity, appearsOffline: appearOffline)
    if visibility == VisibilityLevel.defaultWord {
      change.level = .some(nil)
    } else if let visibility {
      change.level = try Check.level(visibility)
    }
    if let contacts { change.contacts = try Check.members(contacts, at: "/contacts") }
    return change
  }
}

struct DefaultVisibilityRequest: Decodable {
  let defaultVisibility: String

  func checked() throws(Problem) -> VisibilityLevel {
    try Check.level(defaultVisibility, at: "/default_visibility")
  }
}

struct PresenceSettingsEntryBody: Encodable {
  let at: Int64
  @Nullable var deviceId: String?
  let changed: [String]
  let visibility: String
  let showPage: Bool
  let showActivity: Bool
  let appearOffline: Bool
  let contacts: [String]

  init(_ entry: PresenceSettingsEntry) {
    at = entry.at
    deviceId = entry.device?.description
    changed = entry.changed.map(\.rawValue)
    visibility = entry.settings.level.word
    showPage = entry.settings.showsPage
    showActivity = entry.settings.showsActivity
    appearOffline = entry.settings.appearsOffline
    contacts = entry.settings.contacts.map(\.description)
  }
}

extension VisibilityLevel {
  /// Follows the workspace.
  fileprivate static let defaultWord = "default"
}

extension Optional where Wrapped == VisibilityLevel {
  fileprivate var word: String { self?.rawValue ?? VisibilityLevel.defaultWord }
}

struct TeamBody: Encodable {
  let id: String
  let name: String
  let userIds: [String]

  init(_ team: Team) {
    id = team.id.description
    name = team.name
    userIds = team.members.map(\.description)
  }
}

/// What is left out stays as it is; a new team needs a name.
struct TeamRequest: Decodable {
  let name: String?
  let userIds: [String]?

  func checked() throws(Problem) -> (name: String?, members: [MemberID]?) {
    if let name { try Check.name(name, at: "/name") }
    guard let userIds else { return (name, nil) }
    return (name, try Check.members(userIds, at: "/user_ids"))
  }
}

extension Check {
  static func level(_ text: String, at pointer: String = "/visibility") throws(Problem) -> VisibilityLevel {
    guard let level = VisibilityLevel(rawValue: text) else {
      throw Problem.invalid(
        pointer, "There is no such level.",
        hint: "One of \(VisibilityLevel.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return level
  }

  static func members(_ texts: [String], at pointer: String) throws(Problem) -> [MemberID] {
    guard texts.count <= Limits.audience else {
      throw Problem.invalid(
        pointer, "`\(pointer.dropFirst())` names \(texts.count) members; \(Limits.audience) are possible.")
    }
    var members: [MemberID] = []
    for (place, text) in texts.enumerated() { members.append(try member(text, at: "\(pointer)/\(place)")) }
    return members
  }
}
