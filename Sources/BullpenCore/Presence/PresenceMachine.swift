/// Who is here: this device's presence told to others, and what others tell of theirs.
public struct PresenceMachine: Sendable {
  public enum Effect: Hashable, Sendable {
    case send(DatagramBody, to: [DeviceID])
    /// Ask over the connection, if there is one.
    case ping(DeviceID)
    /// Connect to it, if we are not: it does not answer datagrams.
    case seek(DeviceID)
    /// Ask peers whether they hear the device.
    case askVouch(DeviceID, of: [DeviceID])
    case publish(MemberPresence)
    /// The device shows no rooms any more: its cursors go.
    case left(DeviceID)
    /// The device is in these rooms now.
    case rooms(DeviceID, [RoomID])
    /// What the person said of itself is new, and outlives this run.
    case keepStatus(KeptStatus)
    /// Who may hear of the person is decided anew.
    case visibility
    /// The device is back after we had given it up, or was silent for long: look after the connection.
    case returned(DeviceID)
    /// Two machines turn out to live with its key.
    case doubled(DeviceID)
  }

  struct Peer: Sendable {
    var liveness = Liveness()
    var version: PresenceVersion?
    /// The newest of the datagram session before this one.
    var former: PresenceVersion?
    /// When the newest version was heard, on the boot clock.
    var versionAt: Int64 = 0
    var sessions = HeardSessions()
    var presence: DevicePresence?
    /// When it said so last, on the boot clock.
    var saidAt: Int64 = 0
    /// Whether a way to send datagrams is known.
    var isReachable = false
    var nextHeartbeat: Int64 = 0
    /// Changes that it has not acknowledged: which, and when the next sending is due.
    var unacknowledged: (version: PresenceVersion, retry: Int, due: Int64)?
    var headsDiffer = false
    /// Whom it lets us tell of it; nil before its first word.
    var hearsay: Hearsay?
    /// When it was seen, in this run and before.
    var seen: LastSeen?
    /// When a colleague says that it was seen, where this device knows of nothing newer.
    var toldOf: LastSeen?
    /// Whether it was told of us, and has not acknowledged a goodbye since.
    var isTold = false
    /// The goodbye to a device that may hear of us no longer, and when the next sending is due.
    var farewell: (version: PresenceVersion, retry: Int, due: Int64)?
  }

  let own: DeviceID
  /// With what the person looks where no view says otherwise.
  private let usualKind: DeviceKind
  private(set) var session: Int64
  var counter: UInt64 = 0
  private(set) var ownPresence: DevicePresence
  var ownStatus = OwnStatus()
  /// Orders the coming to a page here among the person's devices.
  private var pageTurn: Turn = 0
  private(set) var headsHash: UInt64 = 0
  var peers: [DeviceID: Peer] = [:]
  private(set) var membership = Membership()
  var privacy = Privacy()
  /// Who may hear of our person, as the membership and `privacy` say.
  var visibility: Visibility
  /// Whether there may be somebody who was told of us and may hear no longer.
  var owesFarewells = false
  /// Places in the palette, by member.
  private(set) var colours: [MemberID: Int] = [:]
  var random: SeededRandomness
  private(set) var isStopping = false

  /// - Parameters:
  ///   - session: Unix milliseconds of this start; orders this run's presences after those of every earlier.
  ///   - seed: spreads heartbeats, so that many nodes do not speak in step.
  public init(own: DeviceID, kind: DeviceKind, session: Int64, seed: UInt64) {
    self.own = own
    self.session = session
    usualKind = kind
    ownPresence = DevicePresence(kind: kind)
    visibility = Visibility(of: own, privacy, in: membership)
    random = SeededRandomness(seed: seed)
  }

  // MARK: - Our own presence

  /// - Parameter kind: nil where no open view has said one.
  mutating func roomsChanged(
    _ rooms: [RoomID], kind: DeviceKind?, typing: RoomID?, page: RoomID?, at now: Instant
  ) -> [Effect] {
    var presence = ownPresence
    presence.rooms = Array(rooms.prefix(Limits.roomsPerDevice))
    presence.typing = typing
    presence.page = page
    presence.pageTurn = pageTurn
    presence.kind = kind ?? usualKind
    return show(presence, at: now)
  }

  /// The person comes to a page at this device, which is newer than where its others are. One that has just started has
  /// not heard them yet, and counts as older until its person comes to another page. The turn is no greater than it has
  /// to be: how many pages were seen, while nobody was to know, is not to be told from it.
  mutating func cameToPage() {
    let others = visibility.ownDevices.compactMap { peers[$0]?.presence?.pageTurn }.max() ?? 0
    if others >= pageTurn { pageTurn = others.next }
  }

  mutating func show(_ presence: DevicePresence, at now: Instant) -> [Effect] {
    guard presence != ownPresence else { return [] }
    let before = told
    ownPresence = presence
    // A page that is hidden does not show in when we speak, either.
    let receivers = told == before ? hearers.filter(visibility.ownDevices.contains) : hearers
    return announce(to: receivers, at: now) + publish(memberOf: own, at: now)
  }

  /// Tells everybody now, and again until each has acknowledged.
  mutating func announce(at now: Instant) -> [Effect] { announce(to: hearers, at: now) }

  private mutating func announce(to receivers: [DeviceID], at now: Instant) -> [Effect] {
    guard !isStopping, !receivers.isEmpty else { return [] }
    counter += 1
    for device in receivers { expectAcknowledgement(from: device, at: now) }
    return tell(receivers, wantsAcknowledgement: true)
  }

  mutating func headsChanged(_ hash: UInt64) { headsHash = hash }

  /// The machine slept: a new session, so that nobody takes what is said now for an echo of before. Whoever was
  /// here gets time to answer before we take our own sleep for their absence.
  mutating func resumed(at now: Instant) -> [Effect] {
    session = max(session + 1, now.wall)
    counter = 0
    for device in peers.keys {
      peers[device]?.liveness.resume(at: now)
      peers[device]?.saidAt = now.boot
    }
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

  // MARK: - Others

  mutating func membershipChanged(_ membership: Membership) {
    self.membership = membership
    let wasGuest = visibility.isGuest
    visibility = Visibility(of: own, privacy, in: membership)
    owesFarewells = true
    // What a guest may be told it can be told anew.
    if visibility.isGuest, !wasGuest { for device in peers.keys { peers[device]?.toldOf = nil } }
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
  /// anew: a device whose clock was set back since it last started is not mistaken for its own past. What the same process
  /// said before and is still under way is no news all the same.
  mutating func reachable(_ device: DeviceID, at now: Instant) -> [Effect] {
    guard let peer = peers[device], !isStopping else { return [] }
    peers[device]?.isReachable = true
    peers[device]?.former = peer.version ?? peer.former
    peers[device]?.version = nil
    guard mayHear(device) else {
      owesFarewells = true
      return part(at: now)
    }
    counter += 1
    expectAcknowledgement(from: device, at: now)
    return tell([device], wantsAcknowledgement: true)
  }

  private mutating func expectAcknowledgement(from device: DeviceID, at now: Instant) {
    let (interval, version) = (interval(to: device), version)
    peers[device]?.unacknowledged = (version, 0, now.boot + Limits.statusRetries[0])
    peers[device]?.nextHeartbeat = now.boot + interval
  }

  /// Anything that the device proved, by datagram or connection. What was under way while it said goodbye does
  /// not bring it back: only a newer presence does.
  mutating func heard(_ device: DeviceID, at now: Instant) -> [Effect] {
    let (effects, news) = noteLife(of: device, isNewer: false, at: now)
    return (news == .none ? [] : publish(memberOf: device, at: now)) + effects
  }

  /// Publishing is left to the caller, who may have more to say.
  ///
  /// - Parameter presence: what it says of itself; nil for any other sign of life.
  private mutating func noteLife(
    of device: DeviceID, showing presence: DevicePresence? = nil, isNewer: Bool, at now: Instant
  ) -> (effects: [Effect], news: Liveness.News) {
    guard var liveness = peers[device]?.liveness, isNewer || liveness.state != .left else { return ([], .none) }
    let silence = liveness.lastHeard.map { now.boot - $0 }
    let news = liveness.heard(at: now)
    peers[device]?.liveness = liveness
    // What a device showed before it went is over: it may have been told not to show itself meanwhile.
    if let presence {
      peers[device]?.presence = presence
      peers[device]?.saidAt = now.boot
    } else if news == .arrival {
      peers[device]?.presence = nil
    }
    noteSight(of: device, at: now)
    var effects: [Effect] = []
    if news == .arrival, let rooms = peers[device]?.presence?.rooms { effects.append(.rooms(device, rooms)) }
    if let silence, silence >= Limits.suspicion { effects.append(.returned(device)) }
    return (effects, news)
  }

  mutating func received(_ body: DatagramBody, from device: DeviceID, at now: Instant) -> [Effect] {
    guard peers[device] != nil else { return [] }
    switch body {
    case .presence(let update):
      guard visibility.believes(device, update.hearsay) else { return heard(device, at: now) }
      let isDoubled = peers[device]?.sessions.heard(update.version.session, at: now) == true
      return (isDoubled ? [.doubled(device)] : []) + received(update, from: device, at: now)
    case .acknowledge(let version):
      acknowledged(version, by: device)
      return heard(device, at: now)
    case .probe(let nonce): return heard(device, at: now) + reply(.probeAnswer(nonce), to: device)
    case .probeAnswer, .cursor, .cursorClear: return heard(device, at: now)
    case .goodbye(let version):
      let isDouble = peers[device]?.sessions.isDouble(at: now) == true
      peers[device]?.sessions.ended(version.session)
      let effects = reply(.acknowledge(version), to: device) + (isDouble ? [.doubled(device)] : [])
      if let known = known(of: device, before: version), version <= known { return effects }
      peers[device]?.version = version
      peers[device]?.versionAt = now.boot
      return effects + gone(device, at: now)
    }
  }

  private mutating func received(_ update: PresenceUpdate, from device: DeviceID, at now: Instant) -> [Effect] {
    let isOther = hasTakenOver(update.version, device, at: now)
    // Its cursors count anew.
    var effects: [Effect] = isOther ? [.left(device)] : []
    let known = known(of: device, before: update.version)
    let isNewer = isOther || known.map { update.version > $0 } ?? true
    // An old presence that was under way while the device left must not bring it back.
    guard isNewer || update.version == known else {
      return update.wantsAcknowledgement ? reply(.acknowledge(update.version), to: device) : []
    }
    let before = peers[device]?.presence
    peers[device]?.version = update.version
    peers[device]?.versionAt = now.boot
    peers[device]?.hearsay = update.hearsay
    peers[device]?.headsDiffer = update.heads != headsHash
    let (life, news) = noteLife(of: device, showing: update.presence, isNewer: isNewer, at: now)
    if visibility.ownDevices.contains(device) { effects += follow(update.presence, at: now) }
    if update.wantsAcknowledgement { effects += reply(.acknowledge(update.version), to: device) }
    if before != update.presence || news != .none { effects += publish(memberOf: device, at: now) }
    effects += life
    if isOther || before?.rooms != update.presence.rooms, news != .arrival {
      effects.append(.rooms(device, update.presence.rooms))
    }
    return effects
  }

  /// The version that a device has told before, where it can be compared: in this datagram session, or as the same process
  /// in the one before.
  private func known(of device: DeviceID, before version: PresenceVersion) -> PresenceVersion? {
    guard let peer = peers[device] else { return nil }
    return peer.version ?? peer.former.flatMap { $0.session == version.session ? $0 : nil }
  }

  /// Whether this is said in an earlier session after all that came of the later one: of two machines that live with one
  /// key, that which began later has ended.
  private func hasTakenOver(_ version: PresenceVersion, _ device: DeviceID, at now: Instant) -> Bool {
    guard let peer = peers[device], let known = peer.version, version.session < known.session else { return false }
    return now.boot - peer.versionAt >= Limits.longestDelay
  }

  /// Whether the device is here and we hear one another by datagram: no connection is needed to know of it.
  func isMet(_ device: DeviceID) -> Bool {
    guard let peer = peers[device] else { return false }
    return peer.liveness.isHere && peer.isReachable && peer.version != nil && mayHear(device) && mayHearOf(device)
  }

  /// Whether a device that is shown as here has not answered so far when it was asked.
  func isUnanswered(_ device: DeviceID) -> Bool { peers[device]?.liveness.isUnanswered == true }

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
        case .probe:
          effects += probe(device, at: now)
          if isUnanswered(device) { effects.append(.seek(device)) }
        case .leave: effects += [.left(device)] + publish(memberOf: device, at: now)
        }
      }
      if isStale(device, at: now) {
        peers[device]?.presence = nil
        effects += [.left(device)] + publish(memberOf: device, at: now)
      }
    }
    return statusTick(at: now) + effects + part(at: now) + repeatFarewells(at: now) + resend(at: now) + beat(at: now)
  }
}
