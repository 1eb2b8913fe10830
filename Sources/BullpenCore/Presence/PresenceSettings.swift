/// Whom a person lets hear of it.
public enum VisibilityLevel: String, Hashable, Sendable, CaseIterable {
  /// The whole workspace, guests too.
  case everyone
  /// The workspace without guests.
  case team
  /// Who shares a team with the person, and whom the person named.
  case contacts
  /// Nobody but one's own devices.
  case nobody
}

/// What a person decided about how others see it. One for all of its devices.
public struct PresenceSettings: Hashable, Sendable {
  /// Nil follows the workspace's default.
  public var level: VisibilityLevel?
  /// Whether others are told in which rooms the person is. Whose page is hidden is in no room for others: neither
  /// seen there, nor pointing.
  public var showsPage: Bool
  /// Whether others are told that the person types or is idle.
  public var showsActivity: Bool
  /// As `nobody`, for as long as it is set; the level stays what it is.
  public var appearsOffline: Bool
  /// Whom the person named, in ascending order, each once; at most `Limits.audience`.
  public var contacts: [MemberID]
  /// Which turning on of the analytics the person was told of last, by its time in Unix milliseconds; 0 for none.
  public var toldOfAnalytics: Int64

  public init(
    level: VisibilityLevel? = nil, showsPage: Bool = false, showsActivity: Bool = true, appearsOffline: Bool = false,
    contacts: [MemberID] = [], toldOfAnalytics: Int64 = 0
  ) {
    self.level = level
    self.showsPage = showsPage
    self.showsActivity = showsActivity
    self.appearsOffline = appearsOffline
    self.contacts = contacts
    self.toldOfAnalytics = toldOfAnalytics
  }

  /// Where it is known that the person decided something, and not what: nobody is told anything.
  public static let hidden = PresenceSettings(level: .nobody, showsActivity: false, appearsOffline: true)
}

/// People who work together. Set by admins, for all to read.
public struct Team: Hashable, Sendable {
  public var id: TeamID
  /// 1–100 bytes.
  public var name: String
  /// In ascending order, each once.
  public var members: [MemberID]

  public init(id: TeamID, name: String, members: [MemberID]) {
    self.id = id
    self.name = name
    self.members = members
  }
}

/// Whether the workspace counts how it is used, as an admin said last.
public struct AnalyticsSwitch: Hashable, Sendable {
  public var isOn: Bool
  /// When it was said, Unix milliseconds; 0 where nobody ever did.
  public var at: Int64
  /// Who said it; nil where nobody did.
  public var by: MemberID?

  public init(isOn: Bool, at: Int64, by: MemberID?) {
    self.isOn = isOn
    self.at = at
    self.by = by
  }

  public static let off = AnalyticsSwitch(isOn: false, at: 0, by: nil)
}

/// All by which it is decided who hears of a person, but who belongs to the workspace.
public struct Privacy: Hashable, Sendable {
  public var settings: PresenceSettings
  /// The workspace's default.
  public var usual: VisibilityLevel
  public var teams: [Team]
  public var analytics: AnalyticsSwitch
  /// Whether the person chose the status `offline`, which is no setting: it works as `appearsOffline` until another is
  /// chosen.
  public internal(set) var isOffline = false

  public init(
    settings: PresenceSettings = PresenceSettings(), usual: VisibilityLevel = .team, teams: [Team] = [],
    analytics: AnalyticsSwitch = .off
  ) {
    self.settings = settings
    self.usual = usual
    self.teams = teams
    self.analytics = analytics
  }

  /// Whether the person knows that the workspace counts: before, nothing of it is counted.
  public var isToldOfAnalytics: Bool { settings.toldOfAnalytics >= analytics.at }

  /// The level in force.
  public var level: VisibilityLevel {
    settings.appearsOffline || isOffline ? .nobody : settings.level ?? usual
  }
}

extension DevicePresence {
  /// What is told to devices of others: less, where their person wants it so.
  func told(showsPage: Bool, showsActivity: Bool) -> DevicePresence {
    var told = self
    told.statusTurn = 0
    if !showsPage { (told.rooms, told.page, told.pageTurn) = ([], nil, 0) }
    if !showsPage || !showsActivity { told.typing = nil }
    if !showsActivity, told.status == .idle { told.status = .online }
    return told
  }
}
