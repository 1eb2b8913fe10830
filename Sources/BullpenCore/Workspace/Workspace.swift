/// One workspace as one node takes part in it: peers, presence, rooms, sync sessions and membership, composed
/// into one machine. Events go in, effects come out, and nothing else happens: the node and the simulator run
/// this same value.
public struct Workspace: Sendable {
  public let id: WorkspaceID
  public let own: DeviceID
  let prover: any Prover
  /// Fresh ids and keys; seeded in the simulator.
  var random: any RandomNumberGenerator & Sendable
  /// The UDP port on which this node listens.
  let port: UInt16

  public internal(set) var membership: Membership
  public internal(set) var heads: Heads
  var headsDigest: Digest
  var sessions: [ConnectionID: SyncSession] = [:]
  var plan = PullPlan()
  var mesh = Mesh()
  /// When the mesh is looked at next, on the boot clock.
  var meshCheck: Int64 = 0
  var shortfalls = Shortfalls()
  public internal(set) var addresses = AddressBook()
  public internal(set) var clock: CorrectedTime
  var presence: PresenceMachine
  var rooms: RoomMachine
  /// When somebody is to be dialed next, on the boot clock.
  var dialCheck: Int64 = 0
  /// Another machine with this device's key, as it was met last.
  var twin: Twin?
  /// Requests whose write is under way, so that each is answered once.
  var pending: Set<RequestID> = []
  /// When a difference in a heartbeat may wake a session, by device.
  var quarantineCheck: Int64 = 0
  var forgetCheck: Int64
  /// When it is written down next who was seen when, on the boot clock, and what was written last.
  var sightingCheck: Int64 = 0
  var keptSightings: [LastSeen] = []
  /// Until when nothing is given to a disk that did not take the last, on the boot clock; nil while it does.
  var stalledUntil: Int64?
  var isStopping = false
  /// The next deadline, as it was reckoned last; nil where something has changed since that may bring it nearer.
  private var reckoned: Int64?

  /// - Parameters:
  ///   - membership: as evaluated from the stored statements.
  ///   - heads: as stored.
  ///   - certain: Unix milliseconds that had come for certain by what was stored; nil where nothing was.
  public init(
    _ id: WorkspaceID, own: DeviceID, membership: Membership, heads: Heads, certain: Int64? = nil, port: UInt16,
    prover: any Prover, random: any RandomNumberGenerator & Sendable, kind: DeviceKind, at now: Instant
  ) {
    self.id = id
    self.own = own
    self.membership = membership
    self.heads = heads
    self.port = port
    self.prover = prover
    self.random = random
    clock = CorrectedTime(since: Instant(boot: now.boot, wall: certain ?? membership.begun ?? 0))
    headsDigest = prover.digest(of: heads)
    let seed = self.random.next()
    presence = PresenceMachine(own: own, kind: kind, session: now.wall, seed: seed)
    rooms = RoomMachine(own: own, session: now.wall)
    forgetCheck = now.boot + Limits.forgetDelay
    membershipSettled()
    presence.headsChanged(headsHash)
  }

  /// Carries one event through. The effects are to be carried out in order.
  public mutating func receive(_ event: Event, at now: Instant) -> [Effect] {
    let effects = carry(event, at: now)
    // Somebody's cursor moved, and nothing else: all that it puts off, it puts off to later.
    guard case .datagram(_, .cursor, _) = event, effects.count == 1, case .publish(.cursor) = effects[0] else {
      reckoned = nil
      return effects
    }
    return effects
  }

  private mutating func carry(_ event: Event, at now: Instant) -> [Effect] {
    // A clock that was set is known before anything is judged by it.
    if clock.read(at: now) {
      quarantineCheck = now.boot
      reckoned = nil
    }
    var effects = step(event, at: now)
    effects += presenceEffects(presence.part(at: now), at: now)
    effects += tryDisk(at: now)
    if now.boot >= dialCheck || event.bearsOnDialing {
      effects += dialDue(at: now)
      dialCheck = nextDial
    }
    effects += pull(at: now)
    return effects
  }

  private mutating func step(_ event: Event, at now: Instant) -> [Effect] {
    switch event {
    case .tick: return tick(at: now)
    case .hint(let device, let endpoints, let source):
      named(device, endpoints, source, at: now)
      return []
    case .dialEnded(let dial, let failure): return dialEnded(dial, failure: failure, at: now)
    case .linksChanged:
      addresses.retryAll(at: now)
      return presenceEffects(presence.announce(at: now), at: now) + doubtConnections(at: now)
    case .resumed:
      addresses.retryAll(at: now)
      return presenceEffects(presence.resumed(at: now), at: now) + closeSilent(at: now)
    case .met(let connection, let device, let endpoint, let isOutbound, let statements):
      return met(connection, device, endpoint, isOutbound, statements, at: now)
    case .expelled(let statements): return [.admit(statements, wall: corrected(now))]
    case .received(let connection, let message): return received(message, on: connection, at: now)
    case .closed(let connection): return closed(connection, at: now)
    case .datagram(let device, let body, let endpoint): return received(body, from: device, at: endpoint, now)
    case .committed(let request, let result): return committed(request, result, at: now)
    case .applied(let connection, let outcome): return applied(outcome, from: connection, at: now)
    case .admitted(let statements, let dropped, let rows): return admitted(statements, dropped: dropped, rows, at: now)
    case .read(let connection, let segments): return send(segments, on: connection)
    case .found(let lacking, let held, let connection): return found(lacking, held, of: connection)
    case .view(let view, let action): return act(action, in: view, at: now)
    case .setPresence(let change): return presenceEffects(presence.change(change, at: now), at: now)
    case .desktop(let reading): return presenceEffects(presence.look(reading, at: now), at: now)
    case .keptStatus(let status): return presenceEffects(presence.restore(status, at: now), at: now)
    case .privacy(let privacy): return privacyChanged(privacy, at: now)
    case .clearCursors(let room): return roomEffects(rooms.clear(room, at: now), at: now)
    case .write(let request, let draft): return queue(request, .commit(request, draft, wall: corrected(now)))
    case .claim(let request, let claim): return queue(request, .state(request, claim, wall: corrected(now)))
    case .stopping:
      isStopping = true
      return keepSightings() + presenceEffects(presence.stopping(at: now), at: now)
        + sessions.keys.sorted().map { .send($0, .goodbye) }
    }
  }

  /// The moment at which the next `tick` is due, on the boot clock.
  public mutating func nextDeadline(at now: Instant) -> Int64 {
    let next = reckoned ?? reckonDeadline()
    reckoned = next
    return max(next, now.boot)
  }

  private func reckonDeadline() -> Int64 {
    var next = min(quarantineCheck, sightingCheck, forgetCheck, dialCheck)
    if let nextMeshCheck { next = min(next, nextMeshCheck) }
    for session in sessions.values { next = min(next, session.nextPulse) }
    next = min(next, stalledUntil ?? plan.nextDeadline ?? .max)
    if let nextInquiry { next = min(next, nextInquiry) }
    if let twin { next = min(next, twin.nextDeadline) }
    if let beat = presence.nextDeadline { next = min(next, beat) }
    if let room = rooms.nextDeadline { next = min(next, room) }
    return next
  }

  /// Unix milliseconds by which this node stamps, quarantines and expires.
  public func corrected(_ now: Instant) -> Int64 { clock.corrected(at: now) }

  private mutating func tick(at now: Instant) -> [Effect] {
    var effects: [Effect] = []
    for id in sessions.keys.sorted() {
      switch sessions[id]?.pulse(at: now) {
      case .ping?: effects.append(.send(id, .ping(UInt64(bitPattern: now.boot))))
      case .dead?: effects += [.close(id)] + closed(id, at: now)
      case .quiet?, nil: break
      }
    }
    // Cursors want most ticks, and presence none of those.
    if let due = presence.nextDeadline, due <= now.boot { effects += presenceEffects(presence.tick(at: now), at: now) }
    effects += roomEffects(rooms.tick(at: now), at: now)
    if let due = nextMeshCheck, now.boot >= due {
      meshCheck = now.boot + Limits.meshInterval
      effects += tendMesh(at: now)
    }
    effects += inquire(at: now) + lookForTwin(at: now)
    if now.boot >= sightingCheck {
      sightingCheck = now.boot + Limits.sightingInterval
      effects += keepSightings()
    }
    if now.boot >= forgetCheck {
      forgetCheck = now.boot + Limits.forgetInterval
      effects.append(.forget(wall: clock.certain(at: now)))
    }
    if now.boot >= quarantineCheck {
      quarantineCheck = now.boot + Limits.quarantineInterval
      effects.append(.releaseQuarantine(wall: corrected(now), isAgreed: clock.isAgreed))
      if hasLostDevice { effects.append(.keepKeys(wall: corrected(now))) }
    }
    return effects
  }
}
