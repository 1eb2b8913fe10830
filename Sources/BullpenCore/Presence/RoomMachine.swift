/// Who points where: this person's views in their rooms, and the cursors of everybody else there.
public struct RoomMachine: Sendable {
  public enum Effect: Hashable, Sendable {
    /// Our rooms, with what our person looks at them, or where it types has changed: presence carries it. The kind is
    /// nil where no open view has said one.
    case roomsChanged([RoomID], kind: DeviceKind?, typing: RoomID?, page: RoomID?)
    /// One of our views came to a page. Where we are now is said by `roomsChanged`, which follows.
    case cameToPage
    case send(CursorUpdate, to: [DeviceID])
    case clear(CursorClear, to: [DeviceID])
    case publish(RoomCursor)
    case removed(RoomID, MemberID, DeviceID)
    case cursors(ViewID, RoomID, [RoomCursor])
  }

  private struct View: Sendable {
    var rooms: Set<RoomID> = []
    /// Nil for a view that has not said.
    var kind: DeviceKind?
    /// Orders what views said of their kind: the last that is still open speaks for the device.
    var kindSaid: UInt64 = 0
    var typing: RoomID?
  }

  struct Held: Sendable {
    var position: CursorPosition
    var expiry: Int64
  }

  /// A clear of ours that is said again.
  struct Clearing: Sendable {
    var clear: CursorClear
    /// Moments of the boot clock, ascending.
    var due: [Int64]
  }

  let own: DeviceID
  private var session: Int64
  private var counter: UInt64 = 0
  private var views: [ViewID: View] = [:]
  private var kindsSaid: UInt64 = 0
  /// Rooms of our views in the order in which they were come into, the newest last.
  private var arrivals: [RoomID] = []
  var cursors: [RoomID: OwnCursor] = [:]
  var others: [RoomID: [DeviceID: Held]] = [:]
  /// Clears of ours that are under way, and the newest that each admin's device has made.
  var clearing: [RoomID: Clearing] = [:]
  var cleared: [RoomID: [DeviceID: PresenceVersion]] = [:]
  /// The newest version of each device in a room, removed cursors included, so that a late move stays removed.
  var newest: [RoomID: [DeviceID: PresenceVersion]] = [:]
  var roomsOf: [DeviceID: [RoomID]] = [:]
  private(set) var membership = Membership()
  private(set) var visibility: Visibility

  public init(own: DeviceID, session: Int64) {
    self.own = own
    self.session = session
    visibility = Visibility(of: own, Privacy(), in: membership)
  }

  /// Whoever may see us in rooms from now on is told where we point at the next tick.
  mutating func visibilityChanged(_ visibility: Visibility) {
    guard visibility != self.visibility else { return }
    self.visibility = visibility
    for room in Array(cursors.keys) where cursors[room]?.position != nil { cursors[room]?.isWaiting = true }
  }

  /// Devices that are no longer members' leave every room; their cursors go at the next tick, which is due at once.
  ///
  /// - Parameter unheard: devices of which nothing may be shown, as they leave.
  mutating func membershipChanged(_ membership: Membership, _ visibility: Visibility, unheard: Set<DeviceID> = []) {
    self.membership = membership
    visibilityChanged(visibility)
    func isGone(_ device: DeviceID) -> Bool { membership.device(device) == nil || unheard.contains(device) }
    for device in Array(roomsOf.keys) where isGone(device) { roomsOf[device] = nil }
    for (room, held) in others {
      for device in held.keys where isGone(device) { others[room]?[device]?.expiry = .min }
    }
    for room in Array(newest.keys) {
      newest[room] = newest[room]?.filter { !isGone($0.key) }
    }
  }

  // MARK: - Our views

  var ownRooms: [RoomID] { Set(views.values.flatMap(\.rooms)).sorted() }

  /// Whether one of our views is in the room.
  func isOurs(_ room: RoomID) -> Bool { views.values.contains { $0.rooms.contains(room) } }

  private var changed: Effect {
    let typing = views.sorted { $0.key < $1.key }.compactMap(\.value.typing).last
    let kind = views.values.filter { $0.kind != nil }.max { $0.kindSaid < $1.kindSaid }?.kind
    let rooms = ownRooms
    let page = arrivals.last { rooms.contains($0) && $0.page != nil }
    return .roomsChanged(rooms, kind: kind, typing: typing, page: page)
  }

  mutating func act(_ action: ViewAction, in view: ViewID, at now: Instant) -> [Effect] {
    switch action {
    case .join(let room, let kind):
      guard views[view] != nil || views.count < Limits.views else { return [] }
      guard RoomID.fit(Set(ownRooms + [room])) else { return [] }
      if let kind, views[view]?.kind != kind { say(kind, in: view) }
      // Whoever says again where it is does not come there again.
      let hasCome = views[view, default: View()].rooms.insert(room).inserted
      if hasCome {
        let rooms = ownRooms
        arrivals = arrivals.filter { $0 != room && rooms.contains($0) } + [room]
      }
      return [.cursors(view, room, current(room))] + (hasCome && room.page != nil ? [.cameToPage] : []) + [changed]
    case .show(let kind):
      guard views[view] != nil || views.count < Limits.views else { return [] }
      say(kind, in: view)
      return [changed]
    case .leave(let room): return leave(room, view, at: now) + [changed]
    case .close:
      let rooms = views[view]?.rooms.sorted() ?? []
      let effects = rooms.flatMap { leave($0, view, at: now) }
      views[view] = nil
      return effects + [changed]
    case .input: return []
    case .type(let room):
      guard views[view] != nil, views[view]?.typing != room else { return [] }
      if let room, views[view]?.rooms.contains(room) != true { return [] }
      views[view]?.typing = room
      return [changed]
    case .point(let room, let position):
      guard views[view]?.rooms.contains(room) == true else { return [] }
      return point(room, position, view, at: now)
    }
  }

  private mutating func say(_ kind: DeviceKind, in view: ViewID) {
    kindsSaid += 1
    views[view, default: View()].kind = kind
    views[view]?.kindSaid = kindsSaid
  }

  private mutating func leave(_ room: RoomID, _ view: ViewID, at now: Instant) -> [Effect] {
    guard views[view]?.rooms.remove(room) != nil else { return [] }
    if views[view]?.typing == room { views[view]?.typing = nil }
    guard cursors[room]?.view == view, cursors[room]?.position != nil else { return [] }
    return point(room, nil, view, at: now)
  }

  mutating func nextVersion() -> PresenceVersion {
    counter += 1
    return PresenceVersion(session: session, counter: counter)
  }

  /// Other devices that say they are in the room and may know that we are, in ascending order.
  func devices(in room: RoomID) -> [DeviceID] {
    roomsOf.filter { isIn(room, $0.key) && visibility.admitsToRooms($0.key) }.keys.sorted()
  }

  func isIn(_ room: RoomID, _ device: DeviceID) -> Bool { roomsOf[device]?.contains(room) == true }

  /// Everybody's cursors in a room, our own left out, in ascending order of device.
  public func current(_ room: RoomID) -> [RoomCursor] {
    (others[room] ?? [:]).sorted { $0.key < $1.key }.compactMap { device, held in
      isIn(room, device) ? cursor(of: device, in: room, at: held.position) : nil
    }
  }

  /// The same with our own among them.
  func all(in room: RoomID) -> [RoomCursor] {
    let mine = cursors[room]?.position.flatMap { cursor(of: own, in: room, at: $0) }
    return (current(room) + (mine.map { [$0] } ?? [])).sorted { $0.device < $1.device }
  }

  func cursor(of device: DeviceID, in room: RoomID, at position: CursorPosition) -> RoomCursor? {
    membership.device(device).map { RoomCursor(room: room, member: $0.member, device: device, position: position) }
  }

  // MARK: - Time

  mutating func tick(at now: Instant) -> [Effect] {
    var effects = clearAgain(at: now)
    for room in cursors.keys.sorted() {
      guard let cursor = cursors[room] else { continue }
      if cursor.position != nil, cursor.expiry <= now.boot {
        effects += point(room, nil, cursor.view, at: now)
      } else if cursor.isWaiting, cursor.nextSend <= now.boot {
        effects += flush(room, at: now)
      } else {
        effects += sayAgain(room, at: now)
      }
    }
    for room in others.keys.sorted() {
      for (device, held) in (others[room] ?? [:]).sorted(by: { $0.key < $1.key }) where held.expiry <= now.boot {
        effects += remove(device, from: room)
      }
    }
    let rooms = Set(ownRooms)
    newest = newest.filter { rooms.contains($0.key) }
    others = others.filter { rooms.contains($0.key) }
    cleared = cleared.filter { rooms.contains($0.key) }
    return effects
  }

  var nextDeadline: Int64? {
    var next: Int64?
    for cursor in cursors.values {
      let moment = cursor.nextDeadline
      next = min(next ?? moment, moment)
    }
    for due in clearing.values.compactMap(\.due.first) { next = min(next ?? due, due) }
    for held in others.values.flatMap(\.values) { next = min(next ?? held.expiry, held.expiry) }
    return next
  }
}
