import BullpenCore

/// How this node's person wants to be seen, and what comes of it.
public struct PresenceSettingsView: Hashable, Sendable {
  public var settings: PresenceSettings
  /// The level in force.
  public var level: VisibilityLevel
  /// The workspace's default.
  public var usual: VisibilityLevel
  /// Whom the person lets hear of it now, in ascending order.
  public var visibleTo: [MemberID]
  /// Whether the workspace counts how it is used, and this person with it.
  public var analytics: AnalyticsState

  public init(
    settings: PresenceSettings, level: VisibilityLevel, usual: VisibilityLevel, visibleTo: [MemberID],
    analytics: AnalyticsState = AnalyticsState()
  ) {
    self.settings = settings
    self.level = level
    self.usual = usual
    self.visibleTo = visibleTo
    self.analytics = analytics
  }
}

/// What a person changes; nil leaves a part as it is.
public struct PresenceSettingsChange: Hashable, Sendable {
  /// An outer nil leaves it; an inner one follows the workspace's default.
  public var level: VisibilityLevel??
  public var showsPage: Bool?
  public var showsActivity: Bool?
  public var appearsOffline: Bool?
  public var contacts: [MemberID]?
  /// As in `PresenceSettings`.
  public var toldOfAnalytics: Int64?

  public init(
    level: VisibilityLevel?? = nil, showsPage: Bool? = nil, showsActivity: Bool? = nil, appearsOffline: Bool? = nil,
    contacts: [MemberID]? = nil, toldOfAnalytics: Int64? = nil
  ) {
    self.level = level
    self.showsPage = showsPage
    self.showsActivity = showsActivity
    self.appearsOffline = appearsOffline
    self.contacts = contacts
    self.toldOfAnalytics = toldOfAnalytics
  }

  func applied(to before: PresenceSettings) -> PresenceSettings {
    var after = before
    if let level { after.level = level }
    if let showsPage { after.showsPage = showsPage }
    if let showsActivity { after.showsActivity = showsActivity }
    if let appearsOffline { after.appearsOffline = appearsOffline }
    if let contacts { after.contacts = Set(contacts).sorted() }
    if let toldOfAnalytics { after.toldOfAnalytics = toldOfAnalytics }
    return after
  }
}

/// One entry of the history of a person's settings.
public struct PresenceSettingsEntry: Hashable, Sendable {
  /// What a change can be about.
  public enum Part: String, Hashable, Sendable, CaseIterable {
    case visibility, showPage = "show_page", showActivity = "show_activity", appearOffline = "appear_offline", contacts
    /// The person said that it knows what is counted.
    case analytics
  }

  /// Unix milliseconds.
  public var at: Int64
  /// The person's device on which it was done; nil where it is not known any more.
  public var device: DeviceID?
  /// What differs from before; empty where the settings were only kept alive.
  public var changed: [Part]
  /// As they were from then on.
  public var settings: PresenceSettings

  public init(at: Int64, device: DeviceID?, changed: [Part], settings: PresenceSettings) {
    self.at = at
    self.device = device
    self.changed = changed
    self.settings = settings
  }
}

extension PresenceSettings {
  func parts(differentFrom before: PresenceSettings) -> [PresenceSettingsEntry.Part] {
    PresenceSettingsEntry.Part.allCases.filter { part in
      switch part {
      case .visibility: level != before.level
      case .showPage: showsPage != before.showsPage
      case .showActivity: showsActivity != before.showsActivity
      case .appearOffline: appearsOffline != before.appearsOffline
      case .contacts: contacts != before.contacts
      case .analytics: toldOfAnalytics != before.toldOfAnalytics
      }
    }
  }
}
