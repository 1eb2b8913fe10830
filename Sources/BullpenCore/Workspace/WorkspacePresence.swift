/// Presence, rooms and datagrams: the live half of a workspace.
extension Workspace {
  mutating func meetByDatagram(_ theirs: DatagramSession, _ session: SyncSession, at now: Instant) -> [Effect] {
    minding(clockAt: now) { $0.note(session.peer, wall: theirs.wall, at: now) }
    guard
      let endpoint = Endpoint(address: session.endpoint.address, scope: session.endpoint.scope, port: theirs.port)
    else { return [] }
    let isFirst = session.door == nil
    sessions[session.connection]?.door = endpoint
    addresses.hint(session.peer, [endpoint], .remembered, at: now)
    var effects: [Effect] = [
      .remember(session.peer, endpoint),
      .aimDatagrams(at: session.peer, endpoint, theirs.connection, key: theirs.key),
      .send(session.connection, .ping(UInt64(bitPattern: now.boot))),
    ]
    effects += presenceEffects(presence.reachable(session.peer, at: now), at: now)
    // Once for each connection: a peer that names port after port is no news to anybody.
    if isFirst, let session = sessions[session.connection] {
      effects += introductions(session) + formerPlace(of: session)
      sessions[session.connection]?.inquiry = now.boot + Limits.inquiryAfter
    }
    return effects
  }

  mutating func received(
    _ body: DatagramBody, from device: DeviceID, at endpoint: Endpoint, _ now: Instant
  ) -> [Effect] {
    guard membership.device(device) != nil else { return [] }
    var effects = presenceEffects(presence.received(body, from: device, at: now), at: now)
    if case .cursor(let update) = body {
      effects += roomEffects(rooms.received(update, from: device, at: now), at: now)
    }
    if case .cursorClear(let clear) = body {
      effects += roomEffects(rooms.received(clear, from: device, at: now), at: now)
    }
    if case .presence(let update) = body, presence.headsDiffer(device),
      let connection = sessions.values.first(where: { $0.peer == device })?.connection
    {
      let messages = sessions[connection]?.wake(headsDigest, heads, theirs: update.heads, at: now) ?? []
      effects += messages.map { .send(connection, $0) }
    }
    return effects
  }

  mutating func act(_ action: ViewAction, in view: ViewID, at now: Instant) -> [Effect] {
    // Who points or types is there, whether or not the view says so.
    let isInput =
      switch action {
      case .input, .point(_, .some), .type(.some): true
      case .join, .leave, .close, .point, .type, .show: false
      }
    let woken = isInput ? presenceEffects(presence.input(at: now), at: now) : []
    return woken + roomEffects(rooms.act(action, in: view, at: now), at: now)
  }

  /// Turns what presence wants into effects of the workspace, its rooms included.
  mutating func presenceEffects(_ wanted: [PresenceMachine.Effect], at now: Instant) -> [Effect] {
    var effects: [Effect] = []
    for want in wanted {
      switch want {
      case .send(let body, let devices): effects.append(.sendDatagram(body, to: devices))
      case .ping(let device):
        if let session = sessions.values.first(where: { $0.peer == device }) {
          effects.append(.send(session.connection, .ping(UInt64(bitPattern: now.boot))))
        }
      case .seek(let device):
        // The mesh did without a connection while its datagrams came.
        guard mesh.isPartial, !mesh.chosen.contains(device), !connectedDevices.contains(device) else { break }
        addresses.retry(device, at: now)
        dialCheck = now.boot
      case .askVouch(let device, let others):
        // In a large office most of them have no connection to us.
        let connected = others.compactMap { other in sessions.values.first { $0.peer == other }?.connection }
        effects += connected.prefix(Limits.vouchers).map { .send($0, .vouch(VouchQuery(device: device))) }
      case .publish(let shown): effects.append(.publish(.presence(shown)))
      case .left(let device):
        // Whom the mesh did without because it was here is looked for now.
        dialCheck = now.boot
        effects += roomEffects(rooms.peerLeft(device, at: now), at: now)
      case .rooms(let device, let shown): effects += roomEffects(rooms.peerRooms(device, shown, at: now), at: now)
      case .keepStatus(let status): effects.append(.keepStatus(status))
      case .visibility: rooms.visibilityChanged(presence.visibility)
      case .returned(let device): effects += refresh(device, at: now)
      case .doubled: effects.append(.publish(.connections))
      }
    }
    return effects
  }

  /// A device speaks again after long silence. Its connection has outlived a gap in the network, and TCP may
  /// wait for many seconds before it tries again: a fresh one is there at once.
  private mutating func refresh(_ device: DeviceID, at now: Instant) -> [Effect] {
    // Of two machines with one key, each is silent for its peers while they hear the other.
    guard twin(at: now) == nil else { return [] }
    addresses.retry(device, at: now)
    dialCheck = now.boot
    guard let session = sessions.values.first(where: { $0.peer == device }),
      now.boot - session.lastHeard >= Limits.suspicion
    else { return [] }
    return letGo(session)
  }

  mutating func roomEffects(_ wanted: [RoomMachine.Effect], at now: Instant) -> [Effect] {
    var effects: [Effect] = []
    for want in wanted {
      switch want {
      case .roomsChanged(let shown, let kind, let typing, let page):
        effects += presenceEffects(
          presence.roomsChanged(shown, kind: kind, typing: typing, page: page, at: now), at: now)
      case .cameToPage: presence.cameToPage()
      case .send(let update, let devices): effects.append(.sendDatagram(.cursor(update), to: devices))
      case .clear(let clear, let devices): effects.append(.sendDatagram(.cursorClear(clear), to: devices))
      case .publish(let cursor): effects.append(.publish(.cursor(cursor)))
      case .removed(let room, let member, let device):
        effects.append(.publish(.cursorRemoved(room: room, member: member, device: device)))
      case .cursors(let view, let room, let cursors): effects.append(.cursors(view, room, cursors))
      }
    }
    return effects
  }

  // MARK: - Questions

  /// Whether something that the person said of itself came too fast and is not shown yet.
  public var isStatusWaiting: Bool { presence.isStatusWaiting }

  /// Whether a change of the person's status says anything that is neither shown nor waits to be.
  public func alters(_ change: PresenceChange, at now: Instant) -> Bool { presence.alters(change, at: now) }

  /// Every member's presence, in ascending order of member.
  public func shown(at now: Instant) -> [MemberPresence] {
    membership.members.keys.sorted().compactMap { presence.shown($0, at: now) }
  }

  /// One member's presence; nil for who is no member.
  public func shown(_ member: MemberID, at now: Instant) -> MemberPresence? { presence.shown(member, at: now) }

  /// Whether this device is in a room: else nobody tells it who points where.
  public func isIn(_ room: RoomID) -> Bool { rooms.ownRooms.contains(room) }

  /// Everybody's cursors in a room, our own among them, in ascending order of device.
  public func cursors(in room: RoomID) -> [RoomCursor] { rooms.all(in: room) }

  /// A device as this node sees it.
  public struct PeerState: Hashable, Sendable {
    public var device: DeviceID
    public var isConnected: Bool
    public var isHere: Bool
    public var endpoint: Endpoint?
    public var silence: Int64?
    public var sources: [AddressBook.Source]
    /// Every address that is known of it, newest first.
    public var addresses: [AddressBook.NamedEndpoint]
    public var isDialing: Bool
    public var lastFailure: String?
    public var clockOffset: Int64?
    /// It keeps falling short of what it announced, and others are asked in its place.
    public var isWithholding: Bool
  }

  /// Every other device of the workspace, in ascending order.
  public func peerStates(at now: Instant) -> [PeerState] {
    membership.devices.filter { $0 != own }.map { device in
      let session = sessions.values.first { $0.peer == device }
      let liveness = presence.peers[device]?.liveness
      let record = addresses.records[.device(device)]
      return PeerState(
        device: device, isConnected: session != nil, isHere: liveness?.isHere ?? false,
        // Where it listens; the port from which somebody came in is nobody's address.
        endpoint: session?.door ?? addresses.endpoints(of: device).first ?? session?.endpoint,
        silence: liveness?.lastHeard.map { now.boot - $0 }, sources: addresses.sources(of: device),
        addresses: addresses.named(of: device), isDialing: record?.dialing != nil, lastFailure: record?.lastFailure,
        clockOffset: clock.offset(of: device), isWithholding: shortfalls.isWithholding(device, at: now))
    }
  }
}
