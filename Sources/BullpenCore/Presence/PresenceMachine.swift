/// Who is here: this device's presence told to others, and what others tell of theirs.
public struct PresenceMachine: Sendable {
  public enum Effect: Hashable, Sendable {
    case send(DatagramBody, to: [DeviceID])
    /// Ask over the connection, if there is one.
    case ping(DeviceID)
    /// Ask peers whether they hear the device.
    case askVouch(DeviceID, of: [DeviceID])
    case publish(MemberPresence)
    /// The device shows no rooms any more: its cursors go.
    case left(DeviceID)
    /// The device is in these rooms now.
    case rooms(DeviceID, [RoomID])
    /// The device is back after we had given it up, or was silent for long: look after the connection.
    case returned(DeviceID)
  }

  struct Peer: Sendable {
    var liveness = Liveness()
    var version: PresenceVersion?
    var presence: DevicePresence?
    /// Whether a way to send datagrams is known.
    var isReachable = false
    var nextHeartbeat: Int64 = 0
    /// Changes that it has not acknowledged: which, and when the next sending is due.
    var unacknowledged: (version: PresenceVersion, retry: Int, due: Int64)?
    var lastSeen: Int64?
    var headsDiffer = false
  }

  let own: DeviceID
  private(set) var session: Int64
  private(set) var counter: UInt64 = 0
  private(set) var ownPresence: DevicePresence
  private var headsHash: UInt64 = 0
  private(set) var peers: [DeviceID: Peer] = [:]
  private(set) var membership = Membership()
  /// Places in the palette, by member.
  private(set) var colours: [MemberID: Int] = [:]
  private var random: SeededRandomness
  private(set) var isStopping = false

  /// - Parameters:
  ///   - session: Unix milliseconds of this start; orders this run's presences after those of every earlier.
  ///   - seed: spreads heartbeats, so that many nodes do not speak in step.
  public init(own: DeviceID, kind: DeviceKind, session: Int64, seed: UInt64) {
    self.own = own
    self.session = session
    ownPresence = DevicePresence(kind: kind)
    random = SeededRandomness(seed: seed)
  }

  // MARK: - Our own presence

  /// The person changed something of itself.
  mutating func change(_ change: PresenceChange, at now: Instant) -> [Effect] {
    var presence = ownPresence
    if let status = change.status { presence.status = status }
    if let text = change.customStatus {
      presence.customStatus = text.cut(characters: Limits.customStatusCharacters, bytes: Limits.customStatusBytes)
    }
    if let emoji = change.customEmoji {
      presence.customEmoji = emoji.cut(characters: Limits.emojiCharacters, bytes: Limits.emojiBytes)
    }
    return show(presence, at: now)
  }

  mutating func roomsChanged(_ rooms: [RoomID], kind: DeviceKind?, typing: RoomID?, at now: Instant) -> [Effect] {
    var presence = ownPresence
    presence.rooms = Array(rooms.prefix(Limits.roomsPerDevice))
    presence.typing = typing
    if let kind { presence.kind = kind }
    return show(presence, at: now)
  }

  private mutating func show(_ presence: DevicePresence, at now: Instant) -> [Effect] {
    guard presence != ownPresence else { return [] }
    ownPresence = presence
    return announce(at: now) + publish(memberOf: own, at: now)
  }

  /// Tells everybody now, and again until each has acknowledged.
  mutating func announce(at now: Instant) -> [Effect] {
    guard !isStopping else { return [] }
    counter += 1
    let version = PresenceVersion(session: session, counter: counter)
    let receivers = hearers
    for device in receivers { expectAcknowledgement(of: version, from: device, at: now) }
    return receivers.isEmpty ? [] : [.send(update(version, wantsAcknowledgement: true), to: receivers)]
  }

  private func update(_ version: PresenceVersion, wantsAcknowledgement: Bool) -> DatagramBody {
    .presence(
      PresenceUpdate(
        version: version, presence: ownPresence, wantsAcknowledgement: wantsAcknowledgement, heads: headsHash))
  }

  mutating func headsChanged(_ hash: UInt64) { headsHash = hash }

  /// The machine slept: a new session, so that nobody takes what is said now for an echo of before. Whoever was
  /// here gets time to answer before we take our own sleep for their absence.
  mutating func resumed(at now: Instant) -> [Effect] {
    session = max(session + 1, now.wall)
    counter = 0
    for device in peers.keys { peers[device]?.liveness.resume(at: now) }
    return announce(at: now)
  }

  mutating func stopping(at now: Instant) -> [Effect] {
    isStopping = true
    counter += 1
    let receivers = hearers
    // Said twice: there will be no acknowledgement to wait for.
    let goodbye = DatagramBody.goodbye(PresenceVersion(session: session, counter: counter))
    return receivers.isEmpty ? [] : [.send(goodbye, to: receivers), .send(goodbye, to: receivers)]
  }

  /// Devices that may hear of us and can be reached, in ascending order. Those that we gave up are told as
  /// well: they may hear us, and answer.
  private var hearers: [DeviceID] {
    peers.filter { $0.value.isReachable && mayHear($0.key) }.keys.sorted()
  }

  /// Whether a device may hear of our person.
  func mayHear(_ device: DeviceID) -> Bool { Visibility.mayHear(device, of: own, in: membership) }

  /// Whether this device may hear of another's person.
  func mayHearOf(_ device: DeviceID) -> Bool { Visibility.mayHear(own, of: device, in: membership) }

  private func interval(to device: DeviceID) -> Int64 {
    let theirs = peers[device]?.presence?.rooms ?? []
    return theirs.contains { ownPresence.rooms.contains($0) } ? Limits.heartbeatInRoom : Limits.heartbeat
  }

  // MARK: - Others

  mutating func membershipChanged(_ membership: Membership) {
    self.membership = membership
    colours = Palette.colours(in: membership)
    for device in membership.devices where device != own && peers[device] == nil && peers.count < Limits.peers {
      peers[device] = Peer()
    }
    for device in peers.keys where membership.device(device) == nil { peers[device] = nil }
    // Whoever became a guest is told no more, so what was told would be shown for ever.
    for device in peers.keys where !mayHearOf(device) {
      peers[device]?.presence = nil
      peers[device]?.version = nil
    }
  }

  /// A datagram session with the device has begun: from now on it can be told things, and what it says counts
  /// anew. A device whose clock was set back since it last started is not mistaken for its own past.
  mutating func reachable(_ device: DeviceID, at now: Instant) -> [Effect] {
    guard peers[device] != nil, !isStopping else { return [] }
    peers[device]?.isReachable = true
    peers[device]?.version = nil
    guard mayHear(device) else { return [] }
    counter += 1
    let version = PresenceVersion(session: session, counter: counter)
    expectAcknowledgement(of: version, from: device, at: now)
    return [.send(update(version, wantsAcknowledgement: true), to: [device])]
  }

  private mutating func expectAcknowledgement(of version: PresenceVersion, from device: DeviceID, at now: Instant) {
    let interval = interval(to: device)
    peers[device]?.unacknowledged = (version, 0, now.boot + Limits.statusRetries[0])
    peers[device]?.nextHeartbeat = now.boot + interval
  }

  /// Anything that the device proved, by datagram or connection. What was under way while it said goodbye does
  /// not bring it back: only a newer presence does.
  mutating func heard(_ device: DeviceID, isNewer: Bool = false, at now: Instant) -> [Effect] {
    let (effects, news) = noteLife(of: device, isNewer: isNewer, at: now)
    return (news == .none ? [] : publish(memberOf: device, at: now)) + effects
  }

  /// Publishing is left to the caller, who may have more to say.
  private mutating func noteLife(
    of device: DeviceID, isNewer: Bool, at now: Instant
  ) -> (effects: [Effect], news: Liveness.News) {
    guard var liveness = peers[device]?.liveness, isNewer || liveness.state != .left else { return ([], .none) }
    let silence = liveness.lastHeard.map { now.boot - $0 }
    let news = liveness.heard(at: now)
    peers[device]?.liveness = liveness
    peers[device]?.lastSeen = now.wall
    var effects: [Effect] = []
    if news == .arrival, let rooms = peers[device]?.presence?.rooms { effects.append(.rooms(device, rooms)) }
    if let silence, silence >= Limits.suspicion { effects.append(.returned(device)) }
    return (effects, news)
  }

  mutating func received(_ body: DatagramBody, from device: DeviceID, at now: Instant) -> [Effect] {
    guard peers[device] != nil else { return [] }
    switch body {
    case .presence(let update):
      // Said before its sender heard that we are a guest.
      guard mayHearOf(device) else { return heard(device, at: now) }
      return received(update, from: device, at: now)
    case .acknowledge(let version):
      if let waiting = peers[device]?.unacknowledged, waiting.version <= version {
        peers[device]?.unacknowledged = nil
      }
      return heard(device, at: now)
    case .probe(let nonce): return heard(device, at: now) + [.send(.probeAnswer(nonce), to: [device])]
    case .probeAnswer, .cursor, .cursorClear: return heard(device, at: now)
    case .goodbye(let version):
      if let known = peers[device]?.version, version <= known { return [] }
      peers[device]?.version = version
      return gone(device, at: now)
    }
  }

  private mutating func received(_ update: PresenceUpdate, from device: DeviceID, at now: Instant) -> [Effect] {
    var effects: [Effect] = []
    let isNewer = peers[device]?.version.map { update.version > $0 } ?? true
    // An old presence that was under way while the device left must not bring it back.
    guard isNewer || update.version == peers[device]?.version else {
      return update.wantsAcknowledgement ? [.send(.acknowledge(update.version), to: [device])] : []
    }
    let before = peers[device]?.presence
    peers[device]?.version = update.version
    peers[device]?.presence = update.presence
    peers[device]?.headsDiffer = update.heads != headsHash
    let (life, news) = noteLife(of: device, isNewer: isNewer, at: now)
    if update.wantsAcknowledgement { effects.append(.send(.acknowledge(update.version), to: [device])) }
    if before != update.presence || news != .none { effects += publish(memberOf: device, at: now) }
    effects += life
    if before?.rooms != update.presence.rooms, news != .arrival {
      effects.append(.rooms(device, update.presence.rooms))
    }
    return effects
  }

  /// Whether the device is here and we hear one another by datagram: no connection is needed to know of it.
  func isMet(_ device: DeviceID) -> Bool {
    guard let peer = peers[device] else { return false }
    return peer.liveness.isHere && peer.isReachable && peer.version != nil && mayHear(device) && mayHearOf(device)
  }

  /// All such devices, in ascending order.
  var met: [DeviceID] { peers.keys.filter(isMet).sorted() }

  /// Whether the device's last heartbeat showed other heads than ours.
  func headsDiffer(_ device: DeviceID) -> Bool { peers[device]?.headsDiffer ?? false }

  mutating func connectionLost(_ device: DeviceID, at now: Instant) -> [Effect] {
    guard peers[device]?.liveness.doubt(at: now) == true else { return [] }
    return askOthers(about: device) + probe(device, at: now)
  }

  mutating func left(_ device: DeviceID, at now: Instant) -> [Effect] { gone(device, at: now) }

  private mutating func gone(_ device: DeviceID, at now: Instant) -> [Effect] {
    guard peers[device]?.liveness.isHere == true else { return [] }
    peers[device]?.liveness.leave()
    peers[device]?.unacknowledged = nil
    return [.left(device)] + publish(memberOf: device, at: now)
  }

  mutating func vouched(_ answer: VouchAnswer, by peer: DeviceID, at now: Instant) -> [Effect] {
    if let silence = answer.silence { peers[answer.device]?.liveness.vouched(silence: silence) }
    return []
  }

  /// What we may tell a third party: how long ago we heard the device; nil when we do not, or when the device
  /// would not want the asker to know.
  func silence(of device: DeviceID, for asker: DeviceID, _ membership: Membership, at now: Instant) -> Int64? {
    guard Visibility.mayHear(asker, of: device, in: membership), let peer = peers[device], peer.liveness.isHere,
      let last = peer.liveness.lastHeard
    else { return nil }
    return now.boot - last
  }

  // MARK: - Time

  mutating func tick(at now: Instant) -> [Effect] {
    guard !isStopping else { return [] }
    var effects: [Effect] = []
    for device in peers.keys.sorted() {
      for step in peers[device]?.liveness.tick(at: now) ?? [] {
        switch step {
        case .suspect:
          effects.append(.ping(device))
          effects += askOthers(about: device)
          effects += publish(memberOf: device, at: now)
        case .probe: effects += probe(device, at: now)
        case .leave: effects += [.left(device)] + publish(memberOf: device, at: now)
        }
      }
    }
    return effects + resend(at: now) + beat(at: now)
  }

  private func askOthers(about device: DeviceID) -> [Effect] {
    let others = peers.filter { $0.key != device && $0.value.liveness.state == .here }.keys.sorted()
    return others.isEmpty ? [] : [.askVouch(device, of: Array(others.prefix(Limits.vouchers)))]
  }

  private mutating func probe(_ device: DeviceID, at now: Instant) -> [Effect] {
    peers[device]?.isReachable == true ? [.send(.probe(random.next()), to: [device])] : []
  }

  private mutating func resend(at now: Instant) -> [Effect] {
    var due: [DeviceID] = []
    for device in hearers {
      guard let waiting = peers[device]?.unacknowledged, waiting.due <= now.boot else { continue }
      due.append(device)
      let next = waiting.retry + 1
      peers[device]?.unacknowledged =
        next < Limits.statusRetries.count
        ? (waiting.version, next, now.boot + Limits.statusRetries[next]) : nil
    }
    guard !due.isEmpty else { return [] }
    // The newest presence, whichever change it was that got lost.
    return [.send(update(PresenceVersion(session: session, counter: counter), wantsAcknowledgement: true), to: due)]
  }

  private mutating func beat(at now: Instant) -> [Effect] {
    let due = hearers.filter { (peers[$0]?.nextHeartbeat ?? 0) <= now.boot }
    guard !due.isEmpty else { return [] }
    counter += 1
    for device in due {
      // Up to a tenth early, so that an office does not beat in step.
      let interval = interval(to: device)
      peers[device]?.nextHeartbeat = now.boot + interval - Int64(random.next() % UInt64(interval / 10))
    }
    return [.send(update(PresenceVersion(session: session, counter: counter), wantsAcknowledgement: false), to: due)]
  }

  var nextDeadline: Int64? {
    guard !isStopping else { return nil }
    var next: Int64?
    for (device, peer) in peers {
      var moments = [peer.liveness.nextDeadline]
      if peer.isReachable, mayHear(device) { moments += [peer.nextHeartbeat, peer.unacknowledged?.due] }
      for moment in moments.compactMap({ $0 }) { next = min(next ?? moment, moment) }
    }
    return next
  }
}
