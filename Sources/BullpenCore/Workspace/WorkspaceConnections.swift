/// Meeting peers and parting from them.
extension Workspace {
  var connectedDevices: Set<DeviceID> { Set(sessions.values.map(\.peer)) }

  func isWanted(_ device: DeviceID, _ connected: Set<DeviceID>) -> Bool {
    guard !connected.contains(device), mayMeet else { return false }
    // Where this device is said to be and this machine is not, another may have its key.
    if device == own { return true }
    return (membership.device(device) != nil || isUnknown) && !isSpared(device)
  }

  /// A device that was cut keeps what it has and bothers nobody.
  public var isMember: Bool { membership.device(own) != nil }

  /// This device was cut, or came in by what a cut voids.
  public var isRemoved: Bool { !membership.exclusion(of: own).isEmpty }

  /// Nothing here says whose this device is, though it was let in once: its database was rebuilt and the statements were
  /// not to be read. Every member has them.
  public var waitsForStatements: Bool { !isMember && !isRemoved }

  /// Who is nobody's by what is known here may be somebody's by what others know.
  private var isUnknown: Bool { membership.author(own) == nil && !membership.isCut(own) }

  var mayMeet: Bool { isMember || isUnknown }

  mutating func dialDue(at now: Instant) -> [Effect] {
    guard !isStopping, mayMeet else { return [] }
    let connected = connectedDevices
    let workspace = self
    let due = addresses.due(
      at: now, isWanted: { workspace.isWanted($0, connected) },
      isMet: { connected.contains($0) || workspace.isSpared($0) })
    return due.map { .dial($0.id, $0.endpoints, expecting: $0.expecting) }
  }

  /// The moment of the next dial, far away where nobody is looked for.
  var nextDial: Int64 {
    guard mayMeet else { return .max }
    let connected = connectedDevices
    return addresses.nextDeadline { isWanted($0, connected) } ?? .max
  }

  mutating func met(
    _ connection: ConnectionID, _ device: DeviceID, _ endpoint: Endpoint, _ isOutbound: Bool,
    _ statements: [Verified<ProvedStatement>], at now: Instant
  ) -> [Effect] {
    guard !isStopping, mayMeet, sessions[connection] == nil else { return [.close(connection)] }
    if device == own { return metTwin(at: endpoint, on: connection, isOutbound: isOutbound, now) }
    var effects: [Effect] = []
    var former: Endpoint?
    if let existing = sessions.values.first(where: { $0.peer == device }) {
      guard prefersNew(isOutbound: isOutbound, device, over: existing, at: now) else { return [.close(connection)] }
      effects += [.close(existing.connection)] + closed(existing.connection, at: now, isReplaced: true)
      former = existing.door
    }
    if !statements.isEmpty {
      // They were proved in the greeting and count from now on; until the store says that it does not keep them.
      reevaluate(adding: statements)
      effects.append(.admit(statements, wall: corrected(now)))
    }
    guard sessions.count < Limits.peers else { return effects + [.close(connection)] }
    var session = SyncSession(
      connection: connection, peer: device, isOutbound: isOutbound, endpoint: endpoint, at: now)
    session.former = former
    effects += session.open(membership, headsDigest, heads, at: now).map { .send(connection, $0) }
    sessions[connection] = session

    let key = Bytes32(using: &random)
    let id = DatagramConnectionID(raw: random.next())
    effects.append(.listenForDatagrams(from: device, id, key: key))
    effects.append(
      .send(connection, .datagramSession(DatagramSession(connection: id, key: key, port: port, wall: now.wall))))
    effects.append(.publish(.connections))
    return effects
  }

  /// Of two connections between one pair the newer lives, for the older may be dead without knowing. Where both
  /// were opened at the same time towards one another, both sides keep the one that the smaller device dialed.
  private func prefersNew(
    isOutbound: Bool, _ device: DeviceID, over existing: SyncSession, at now: Instant
  ) -> Bool {
    guard now.boot - existing.since < Limits.simultaneousOpen else { return true }
    guard isOutbound != existing.isOutbound else { return true }
    let smallerDials = own < device
    return isOutbound == smallerDials
  }

  /// Takes away what there is of a connection: its session, and what was asked by it.
  mutating func drop(_ connection: ConnectionID) -> SyncSession? {
    guard let session = sessions.removeValue(forKey: connection) else { return nil }
    plan.dropped(connection)
    return session
  }

  mutating func closed(_ connection: ConnectionID, at now: Instant, isReplaced: Bool = false) -> [Effect] {
    guard let session = drop(connection) else { return [] }
    dialCheck = now.boot
    guard !isReplaced else { return [] }
    // The other machine with this device's key has its turn, for whoever lost it longest ago would win for ever.
    if twin(at: now) != nil { addresses.pause(session.peer, until: now.boot + Limits.twinTurn) }
    if now.boot - session.since >= Limits.acquaintance {
      if session.isOutbound { mesh.decline(session.peer, at: now) }
      // Dialed at once; but one that broke off early would go on so, and two machines with one key take turns.
      if twin(at: now) == nil { addresses.retry(session.peer, at: now) }
    }
    return presenceEffects(presence.connectionLost(session.peer, at: now), at: now) + [.publish(.connections)]
  }

  /// The network has changed: whoever does not answer soon is dialed anew, from where this machine is now.
  mutating func doubtConnections(at now: Instant) -> [Effect] {
    sessions.keys.sorted().map { connection in
      sessions[connection]?.doubt(at: now)
      return .send(connection, .ping(UInt64(bitPattern: now.boot)))
    }
  }

  /// After sleep, connections look alive that are not: end those that were silent through it.
  mutating func closeSilent(at now: Instant) -> [Effect] {
    var effects: [Effect] = []
    for session in sessions.values.sorted(by: { $0.connection < $1.connection })
    where now.boot - session.lastHeard >= Limits.suspicion {
      effects += [.close(session.connection)] + closed(session.connection, at: now)
    }
    return effects
  }

  /// The third rung of discovery: who has just come is told where the others are, and they where it is. An
  /// address that holds on one link only says nothing to a third.
  func introductions(_ newcomer: SyncSession) -> [Effect] {
    func address(_ device: DeviceID, _ door: Endpoint?) -> PeerAddresses? {
      guard let door, door.scope == 0 else { return nil }
      return PeerAddresses(device: device, endpoints: [door])
    }
    // In a partial mesh most of those who are here have no connection to us; we know where they were met.
    let others = sessions.values.filter { $0.peer != newcomer.peer }.sorted { $0.peer < $1.peer }
    var doors = Dictionary(others.map { ($0.peer, $0.door) }) { first, _ in first }
    for device in presence.met where doors[device] == nil && device != newcomer.peer {
      doors[device] = addresses.endpoints(of: device).first
    }
    var effects: [Effect] = []
    let known = doors.sorted { $0.key < $1.key }.compactMap { address($0.key, $0.value) }
    for start in stride(from: 0, to: known.count, by: Limits.addressesTold) {
      let chunk = Array(known[start..<min(start + Limits.addressesTold, known.count)])
      effects.append(.send(newcomer.connection, .addresses(chunk)))
    }
    if let own = address(newcomer.peer, newcomer.door) {
      effects += others.map { .send($0.connection, .addresses([own])) }
    }
    return effects
  }
}
