/// When a device was seen last: heard while its person let this one, or so a colleague says.
public struct LastSeen: Hashable, Sendable {
  public var device: DeviceID
  /// When it came, and when it was heard last, Unix milliseconds by this node's clock.
  public var since: Int64
  public var last: Int64
  /// The page that its person was on last in that time; nil where it showed none.
  public var page: RoomID?
  /// What its person did last in that time; nil where it showed nothing of it.
  public var activity: Activity?
  /// Whom the device lets this one tell of it, as it said last.
  public var hearsay: Hearsay
  /// The member who says so; nil where this node heard it itself.
  public var witness: MemberID?

  /// What a person shows that it does.
  public enum Activity: UInt8, Hashable, Sendable, CaseIterable {
    /// It is on a page, or in another room.
    case viewing = 1
    case typing = 2
    /// It is in no view and has not touched the machine for a while.
    case idle = 3

    public var name: String {
      switch self {
      case .viewing: "viewing"
      case .typing: "typing"
      case .idle: "idle"
      }
    }

    init?(_ presence: DevicePresence) {
      if presence.typing != nil {
        self = .typing
      } else if presence.status == .idle {
        self = .idle
      } else if !presence.rooms.isEmpty {
        self = .viewing
      } else {
        return nil
      }
    }
  }

  public init(
    device: DeviceID, since: Int64, last: Int64, page: RoomID? = nil, activity: Activity? = nil,
    hearsay: Hearsay = .nobody, witness: MemberID? = nil
  ) {
    self.device = device
    self.since = since
    self.last = last
    self.page = page
    self.activity = activity
    self.hearsay = hearsay
    self.witness = witness
  }

  /// How long it was there, in milliseconds.
  public var duration: Int64 { max(last - since, 0) }

  /// It is there at a moment: a gap that is short ends no session, neither of its nor of our own restart. Where more
  /// people may be told from now on, a session begins anew: of what was before they are not to hear.
  mutating func extend(to wall: Int64, _ told: Hearsay) {
    if abs(wall - last) > Limits.sessionGap || told.rawValue > hearsay.rawValue {
      (since, page, activity) = (wall, nil, nil)
    }
    hearsay = told
    since = min(since, wall)
    last = wall
  }

  /// What it shows there. Who closes its last tab is on no page when it leaves, and was on one.
  mutating func note(_ presence: DevicePresence) {
    page = presence.page ?? page
    activity = Activity(presence) ?? activity
  }
}

extension PresenceMachine {
  /// What was kept from earlier runs. What this run has seen counts for more.
  mutating func remember(_ sightings: [LastSeen]) {
    for sighting in sightings where peers[sighting.device]?.seen == nil { peers[sighting.device]?.seen = sighting }
  }

  /// Everything that is worth keeping, in ascending order of device.
  var sightings: [LastSeen] { peers.values.compactMap(\.seen).sorted { $0.device < $1.device } }

  /// A device gave a sign of life. It was seen if it shows itself; that it lives is not for a person to know.
  mutating func noteSight(of device: DeviceID, at now: Instant) {
    guard isShown(device), let peer = peers[device], let presence = peer.presence else { return }
    var sighting = peer.seen ?? LastSeen(device: device, since: now.wall, last: now.wall)
    sighting.extend(to: now.wall, peer.hearsay ?? .nobody)
    sighting.note(presence)
    peers[device]?.seen = sighting
  }
}
