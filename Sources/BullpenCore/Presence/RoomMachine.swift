/// Who points where: this person's views in their rooms, and the cursors of everybody else there.
public struct RoomMachine: Sendable {
  public enum Effect: Hashable, Sendable {
    /// Our rooms or where we type has changed: presence carries it.
    case roomsChanged([RoomID], kind: DeviceKind?, typing: RoomID?, page: RoomID?)
    case send(CursorUpdate, to: [DeviceID])
    case clear(CursorClear, to: [DeviceID])
    case publish(RoomCursor)
    case removed(RoomID, MemberID, DeviceID)
    case cursors(ViewID, RoomID, [RoomCursor])
  }

  private struct View: Sendable {
    var rooms: Set<RoomID> = []
    var kind = DeviceKind.desktop
    var typing: RoomID?
  }

  private struct Held: Sendable {
    var position: CursorPosition
    var expiry: Int64
  }

  private struct Own: Sendable {
    var position: CursorPosition?
    var view: ViewID
    var expiry: Int64
    /// The earliest moment of the next sending; a position that waits for it is the newest one.
    var nextSend: Int64
    var isWaiting: Bool
    /// Whether others were told a place since it was last removed.
    var isShown = false
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
  /// Rooms of our views in the order in which they were come into, the newest last.
  private var arrivals: [RoomID] = []
  private var cursors: [RoomID: Own] = [:]
  private var others: [RoomID: [DeviceID: Held]] = [:]
  /// Clears of ours that are under way, and the newest that each admin's device has made.
  var clearing: [RoomID: Clearing] = [:]
  var cleared: [RoomID: [DeviceID: PresenceVersion]] = [:]
  /// The newest version of each device in a room, removed cursors included, so that a late move stays removed.
  private var newest: [RoomID: [DeviceID: PresenceVersion]] = [:]
  private var roomsOf: [DeviceID: [RoomID]] = [:]
  private(set) var membership = Membership()
  private var visibility: Visibility

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

  private var changed: Effect {
    let typing = views.sorted { $0.key < $1.key }.compactMap(\.value.typing).last
    let kind = views.max { $0.key < $1.key }?.value.kind
    let rooms = ownRooms
    let page = arrivals.last { rooms.contains($0) && $0.page != nil }
    return .roomsChanged(rooms, kind: kind, typing: typing, page: page)
  }

  mutating func act(_ action: ViewAction, in view: ViewID, at now: Instant) -> [Effect] {
    switch action {
    case .join(let room, let kind):
      guard views[view] != nil || views.count < Limits.views else { return [] }
      guard RoomID.fit(Set(ownRooms + [room])) else { return [] }
      views[view, default: View()].rooms.insert(room)
      views[view]?.kind = kind
      let rooms = ownRooms
      arrivals = arrivals.filter { $0 != room && rooms.contains($0) } + [room]
      return [.cursors(view, room, current(room)), changed]
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

  private mutating func leave(_ room: RoomID, _ view: ViewID, at now: Instant) -> [Effect] {
    guard views[view]?.rooms.remove(room) != nil else { return [] }
    if views[view]?.typing == room { views[view]?.typing = nil }
    guard cursors[room]?.view == view, cursors[room]?.position != nil else { return [] }
    return point(room, nil, view, at: now)
  }

  private mutating func point(
    _ room: RoomID, _ position: CursorPosition?, _ view: ViewID, at now: Instant
  ) -> [Effect] {
    guard position != nil || cursors[room]?.position != nil else { return [] }
    var cursor =
      cursors[room] ?? Own(position: nil, view: view, expiry: 0, nextSend: 0, isWaiting: false)
    cursor.position = position
    cursor.view = view
    cursor.expiry = now.boot + Limits.cursorLifetime
    cursor.isWaiting = true
    cursors[room] = cursor
    var effects: [Effect] = []
    if let member = membership.device(own)?.member {
      // Our other views see it too.
      effects.append(
        position.map { .publish(RoomCursor(room: room, member: member, device: own, position: $0)) }
          ?? .removed(room, member, own))
    }
    if position == nil, !cursor.isShown {
      // Nobody was told of it since it was last removed, so nobody need hear that it is gone.
      cursors[room]?.isWaiting = false
    } else if position == nil || cursor.nextSend <= now.boot {
      // The last word of a cursor never waits.
      effects += flush(room, at: now)
    }
    return effects
  }

  private mutating func flush(_ room: RoomID, at now: Instant) -> [Effect] {
    guard var cursor = cursors[room], cursor.isWaiting else { return [] }
    cursor.isWaiting = false
    cursor.isShown = cursor.position != nil
    let receivers = devices(in: room)
    // 30 a second, fewer as the rooms in which we point grow: a node sends so many cursor packets a second and
    // no more. A cursor that was removed is remembered until then, or removing would be a way round it.
    let audience = cursors.keys.reduce(0) { $0 + devices(in: $1).count }
    let rate = min(Limits.cursorRate, max(1, Limits.cursorPackets / max(audience, 1)))
    // Rounded up, so that the rate is never exceeded.
    cursor.nextSend = now.boot + Int64((1_000 + rate - 1) / rate)
    cursors[room] = cursor
    return send(cursor.position, room, to: receivers)
  }

  private mutating func send(_ position: CursorPosition?, _ room: RoomID, to receivers: [DeviceID]) -> [Effect] {
    receivers.isEmpty
      ? [] : [.send(CursorUpdate(room: room, version: nextVersion(), position: position), to: receivers)]
  }

  mutating func nextVersion() -> PresenceVersion {
    counter += 1
    return PresenceVersion(session: session, counter: counter)
  }

  /// Other devices that say they are in the room and may know that we are, in ascending order.
  func devices(in room: RoomID) -> [DeviceID] {
    roomsOf.filter { isIn(room, $0.key) && visibility.admitsToRooms($0.key) }.keys.sorted()
  }

  private func isIn(_ room: RoomID, _ device: DeviceID) -> Bool { roomsOf[device]?.contains(room) == true }

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

  private func cursor(of device: DeviceID, in room: RoomID, at position: CursorPosition) -> RoomCursor? {
    membership.device(device).map { RoomCursor(room: room, member: $0.member, device: device, position: position) }
  }

  // MARK: - Others

  /// A device shows other rooms than before. Whoever is new in one of ours is told where we point.
  mutating func peerRooms(_ device: DeviceID, _ rooms: [RoomID], at now: Instant) -> [Effect] {
    let before = roomsOf[device] ?? []
    let shown = Array(rooms.prefix(Limits.roomsPerDevice))
    roomsOf[device] = shown.isEmpty ? nil : shown
    var effects: [Effect] = []
    for room in before where !shown.contains(room) {
      effects += remove(device, from: room)
      newest[room]?[device] = nil
    }
    for room in shown where !before.contains(room) {
      if let position = cursors[room]?.position, visibility.admitsToRooms(device) {
        effects += send(position, room, to: [device])
        cursors[room]?.isShown = true
      }
      if let held = others[room]?[device], let shown = cursor(of: device, in: room, at: held.position) {
        // Its cursor was faster than its presence.
        others[room]?[device]?.expiry = now.boot + Limits.cursorLifetime
        effects.append(.publish(shown))
      }
    }
    return effects
  }

  mutating func peerLeft(_ device: DeviceID, at now: Instant) -> [Effect] { peerRooms(device, [], at: now) }

  private mutating func remove(_ device: DeviceID, from room: RoomID) -> [Effect] {
    guard others[room]?.removeValue(forKey: device) != nil else { return [] }
    if others[room]?.isEmpty == true { others[room] = nil }
    guard let member = membership.author(device) else { return [] }
    return [.removed(room, member, device)]
  }

  /// A cursor of another device; latest wins. What is said about rooms in which nobody of ours is goes by. Of a
  /// device that does not show itself in the room the cursor waits a moment for its presence, unseen: either it
  /// comes, or the cursor was under way while the device left.
  mutating func received(_ update: CursorUpdate, from device: DeviceID, at now: Instant) -> [Effect] {
    guard device != own, ownRooms.contains(update.room), membership.device(device) != nil else { return [] }
    if let known = newest[update.room]?[device], update.version <= known { return [] }
    guard newest[update.room]?[device] != nil || (newest[update.room]?.count ?? 0) < Limits.peers else { return [] }
    newest[update.room, default: [:]][device] = update.version
    guard let position = update.position else { return remove(device, from: update.room) }
    let isShown = isIn(update.room, device)
    others[update.room, default: [:]][device] = Held(
      position: position, expiry: now.boot + (isShown ? Limits.cursorLifetime : Limits.suspicion))
    return isShown ? cursor(of: device, in: update.room, at: position).map { [.publish($0)] } ?? [] : []
  }

  /// Takes every cursor out of a room, our own among them.
  mutating func empty(_ room: RoomID, at now: Instant) -> [Effect] {
    let effects = (others[room] ?? [:]).keys.sorted().flatMap { remove($0, from: room) }
    guard let view = cursors[room]?.view else { return effects }
    return effects + point(room, nil, view, at: now)
  }

  // MARK: - Time

  mutating func tick(at now: Instant) -> [Effect] {
    var effects = clearAgain(at: now)
    for room in cursors.keys.sorted() {
      guard let cursor = cursors[room] else { continue }
      if cursor.position == nil {
        if cursor.nextSend <= now.boot { cursors[room] = nil }
      } else if cursor.expiry <= now.boot {
        effects += point(room, nil, cursor.view, at: now)
      } else if cursor.isWaiting, cursor.nextSend <= now.boot {
        effects += flush(room, at: now)
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
      let moment = cursor.isWaiting || cursor.position == nil ? cursor.nextSend : cursor.expiry
      next = min(next ?? moment, moment)
    }
    for due in clearing.values.compactMap(\.due.first) { next = min(next ?? due, due) }
    for held in others.values.flatMap(\.values) { next = min(next ?? held.expiry, held.expiry) }
    return next
  }
}
