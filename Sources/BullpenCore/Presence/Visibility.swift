/// Who may hear of a person: decided here, and enforced at the source by not sending.
///
/// One evaluation answers for everybody. It is made when who belongs to the workspace, the teams or the settings
/// change, and looked up from then on.
public struct Visibility: Hashable, Sendable {
  /// The person's own other devices, which always hear one another.
  public let ownDevices: Set<DeviceID>
  /// Whom the person lets hear of it. The person itself is not in it.
  public let members: Set<MemberID>
  /// Their devices.
  public let listeners: Set<DeviceID>
  /// Whom those who hear may tell.
  public let hearsay: Hearsay
  public let showsPage: Bool
  public let showsActivity: Bool
  /// Whether the person is a guest, who sees only who wants guests to see it.
  let isGuest: Bool

  /// - Parameter own: the device whose person it is about. Of a device that is no member's nobody hears.
  public init(of own: DeviceID, _ privacy: Privacy, in membership: Membership) {
    showsPage = privacy.settings.showsPage
    showsActivity = privacy.settings.showsActivity
    guard let me = membership.device(own) else {
      (ownDevices, members, listeners, hearsay, isGuest) = ([], [], [], .nobody, true)
      return
    }
    isGuest = me.role < .member
    ownDevices = Set(membership.members[me.member]?.devices ?? []).subtracting([own])
    let level = privacy.level
    let contacts = level == .contacts ? Self.contacts(of: me.member, privacy) : []
    let admitted = membership.members.values.filter { other in
      guard other.id != me.member, !other.devices.isEmpty else { return false }
      return switch level {
      case .everyone: true
      case .team: other.role >= .member
      case .contacts: contacts.contains(other.id)
      case .nobody: false
      }
    }
    members = Set(admitted.map(\.id))
    listeners = Set(admitted.flatMap(\.devices))
    hearsay =
      switch level {
      case .everyone: .everyone
      case .team: .team
      case .contacts, .nobody: .nobody
      }
  }

  private static func contacts(of member: MemberID, _ privacy: Privacy) -> Set<MemberID> {
    let colleagues = privacy.teams.filter { $0.members.contains(member) }.flatMap(\.members)
    return Set(privacy.settings.contacts).union(colleagues)
  }

  /// Whether a device may hear of the person.
  public func admits(_ device: DeviceID) -> Bool { listeners.contains(device) || ownDevices.contains(device) }

  /// Whether a device may know in which rooms the person is.
  public func admitsToRooms(_ device: DeviceID) -> Bool {
    ownDevices.contains(device) || showsPage && listeners.contains(device)
  }

  /// Whether this person may be shown what a device says of itself. What is meant for the team alone was on its way when
  /// its sender did not know yet that a guest gets it.
  func believes(_ device: DeviceID, _ hearsay: Hearsay?) -> Bool {
    guard isGuest, !ownDevices.contains(device) else { return true }
    return hearsay == .everyone || hearsay == .nobody
  }
}

/// Whom a device that hears another may tell of it, when it is asked.
public enum Hearsay: UInt8, Hashable, Sendable, CaseIterable {
  /// Nobody but the person's own devices: who may hear of the person cannot be seen from here.
  case nobody = 0
  /// Members who are not guests.
  case team = 1
  /// Every member.
  case everyone = 2
}
