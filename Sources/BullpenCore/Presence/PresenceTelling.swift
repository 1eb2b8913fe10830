/// What others are told of us, how often, and who is asked about whom.
extension PresenceMachine {
  /// Orders what is said now.
  var version: PresenceVersion { PresenceVersion(session: session, counter: counter) }

  /// What devices of others are told.
  var told: DevicePresence {
    ownPresence.told(showsPage: visibility.showsPage, showsActivity: visibility.showsActivity)
  }

  /// Devices that may hear of us and can be reached, in ascending order. Those that we gave up are told as
  /// well: they may hear us, and answer.
  var hearers: [DeviceID] {
    peers.filter { $0.value.isReachable && mayHear($0.key) }.keys.sorted()
  }

  /// Whether a device may hear of our person.
  func mayHear(_ device: DeviceID) -> Bool { visibility.admits(device) }

  /// Says all that we show, to each what it may know: one's own devices may know all.
  mutating func tell(_ devices: [DeviceID], wantsAcknowledgement: Bool) -> [Effect] {
    for device in devices {
      peers[device]?.isTold = true
      peers[device]?.farewell = nil
    }
    func send(_ presence: DevicePresence, _ receivers: [DeviceID]) -> [Effect] {
      let update = PresenceUpdate(
        version: version, presence: presence, wantsAcknowledgement: wantsAcknowledgement, heads: headsHash,
        hearsay: visibility.hearsay)
      return receivers.isEmpty ? [] : [.send(.presence(update), to: receivers)]
    }
    let told = told
    guard told != ownPresence else { return send(ownPresence, devices) }
    return send(ownPresence, devices.filter(visibility.ownDevices.contains))
      + send(told, devices.filter { !visibility.ownDevices.contains($0) })
  }

  /// An answer, where the device may know that there is somebody to answer.
  func reply(_ body: DatagramBody, to device: DeviceID) -> [Effect] {
    mayHear(device) ? [.send(body, to: [device])] : []
  }

  /// Shared rooms quicken a heartbeat only where the device knows of ours.
  func interval(to device: DeviceID) -> Int64 {
    guard visibility.admitsToRooms(device) else { return Limits.heartbeat }
    let theirs = peers[device]?.presence?.rooms ?? []
    return theirs.contains { ownPresence.rooms.contains($0) } ? Limits.heartbeatInRoom : Limits.heartbeat
  }

  mutating func acknowledged(_ version: PresenceVersion, by device: DeviceID) {
    if let waiting = peers[device]?.unacknowledged, waiting.version <= version { peers[device]?.unacknowledged = nil }
    if let farewell = peers[device]?.farewell, farewell.version <= version {
      peers[device]?.farewell = nil
      peers[device]?.isTold = false
    }
  }

  mutating func resend(at now: Instant) -> [Effect] {
    var due: [DeviceID] = []
    for device in hearers {
      guard let waiting = peers[device]?.unacknowledged, waiting.due <= now.boot else { continue }
      due.append(device)
      let next = waiting.retry + 1
      peers[device]?.unacknowledged =
        next < Limits.statusRetries.count
        ? (waiting.version, next, now.boot + Limits.statusRetries[next]) : nil
    }
    // The newest presence, whichever change it was that got lost.
    return tell(due, wantsAcknowledgement: true)
  }

  mutating func beat(at now: Instant) -> [Effect] {
    let hearers = hearers
    guard hearers.contains(where: { (peers[$0]?.nextHeartbeat ?? 0) <= now.boot }) else { return [] }
    // Whose turn comes soon is told with them, so that soon all are told at once, which wakes the machine once and is
    // signed once.
    let due = hearers.filter { (peers[$0]?.nextHeartbeat ?? 0) <= now.boot + interval(to: $0) / 4 }
    counter += 1
    // Up to a twentieth early, so that an office does not beat in step; all alike, or they would part again.
    let haste = Int64(random.next() % 50)
    for device in due {
      let interval = interval(to: device)
      peers[device]?.nextHeartbeat = now.boot + interval - interval * haste / 1_000
    }
    return tell(due, wantsAcknowledgement: false)
  }

  var nextDeadline: Int64? {
    guard !isStopping else { return nil }
    var next = ownStatus.nextDeadline ?? .max
    for (device, peer) in peers {
      next = min(next, peer.liveness.nextDeadline ?? .max, peer.farewell?.due ?? .max)
      if peer.presence != nil, peer.liveness.state == .here { next = min(next, peer.saidAt + Limits.presenceHolds) }
      if peer.isReachable, mayHear(device) { next = min(next, peer.nextHeartbeat, peer.unacknowledged?.due ?? .max) }
    }
    return next == .max ? nil : next
  }

  // MARK: - Asking

  /// Whoever is asked learns that the device was here. So nobody is who may not know it, and who could not answer.
  func askOthers(about device: DeviceID) -> [Effect] {
    let hearsay = peers[device]?.hearsay
    let others = peers.filter { other, peer in
      other != device && peer.liveness.state == .here && mayTell(other, of: device, hearsay)
    }.keys.sorted()
    return others.isEmpty ? [] : [.askVouch(device, of: others)]
  }

  /// A suspect that may not hear of us is asked over its connection alone: a probe would betray us.
  mutating func probe(_ device: DeviceID, at now: Instant) -> [Effect] {
    guard peers[device]?.isReachable == true, mayHear(device) else { return [] }
    return [.send(.probe(random.next()), to: [device])]
  }

  mutating func vouched(_ answer: VouchAnswer, by peer: DeviceID, at now: Instant) -> [Effect] {
    if let silence = answer.silence { peers[answer.device]?.liveness.vouched(silence: silence) }
    return answer.sighting.map { heard($0, of: answer.device, from: peer, at: now) } ?? []
  }

  /// What we may tell a third party: how long ago we heard the device; nil when we do not, or when it is not certain
  /// that the device's person lets the asker hear of it.
  func silence(of device: DeviceID, for asker: DeviceID, at now: Instant) -> Int64? {
    guard let peer = peers[device], mayTell(asker, of: device, peer.hearsay), peer.liveness.isHere,
      peer.presence != nil, let last = peer.liveness.lastHeard
    else { return nil }
    return now.boot - last
  }

  func mayTell(_ asker: DeviceID, of device: DeviceID, _ hearsay: Hearsay?) -> Bool {
    guard let asking = membership.device(asker), let target = membership.device(device) else { return false }
    if asking.member == target.member { return true }
    return switch hearsay {
    case .everyone?: true
    case .team?: asking.role >= .member
    case .nobody?, nil: false
    }
  }
}
