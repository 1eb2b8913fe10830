/// Another machine that holds this device's key: a disk was cloned, or a home was copied.
public struct Twin: Hashable, Sendable {
  /// Where it was met.
  public fileprivate(set) var endpoint: Endpoint
  /// When last, on the boot clock.
  fileprivate var met: Int64
  /// Whether it was dialed there: it is, again and again, while it answers. Where only it dials, it does the same.
  fileprivate var isDialable: Bool
  /// When it is dialed next, on the boot clock.
  fileprivate var nextLook: Int64
  /// How often it has not answered since.
  fileprivate var misses = 0

  /// When it is dialed or forgotten, on the boot clock.
  var nextDeadline: Int64 { min(isDialable ? nextLook : .max, met + Limits.twinMemory) }
}

/// What a person is told of a key that two machines live with.
public struct TwinNotice: Hashable, Sendable {
  /// Whose key; nil for this machine's.
  public var device: DeviceID?
  /// Where the other machine is, where that is this person's to know.
  public var place: String?

  public init(device: DeviceID? = nil, place: String? = nil) {
    self.device = device
    self.place = place
  }

  /// - Parameter name: of whom the device is.
  public func detail(_ name: String) -> String {
    guard let device else {
      return
        "Another machine uses this device's key\(place.map { "; it was met at \($0)" } ?? ""). Its disk or its home "
        + "is a copy of this one's, or this one's of that."
    }
    return
      "Two machines live with the key of \(name)'s device \(device.short): the disk or the home of one is a copy of "
      + "the other's. You hear now the one, now the other."
  }

  /// - Parameter name: of whom the device is.
  public func hint(_ name: String) -> String {
    let way =
      "On the other run `bullpen leave`, and join anew with what `bullpen invite --own-device` says on the first"
    return device == nil
      ? "Go on with one of the two. \(way): both are yours then. What was written on either is kept."
      : "Ask \(name) to go on with one of the two. \(way). What was written on either is kept."
  }
}

extension Workspace {
  /// The other machine with this device's key, while it is there.
  public func twin(at now: Instant) -> Twin? {
    twin.flatMap { now.boot - $0.met < Limits.twinMemory ? $0 : nil }
  }

  /// Keys that two machines live with, this machine's first. Of others it is known only of whom lets this person see it.
  public func twinNotices(at now: Instant) -> [TwinNotice] {
    let own = twin(at: now).map { TwinNotice(place: $0.endpoint.host) }
    let others = presence.peers.filter { $0.value.sessions.isDouble(at: now) }.keys.sorted()
    return [own].compactMap { $0 } + others.map { TwinNotice(device: $0) }
  }

  /// An address was named. Where this device's own is to be is not looked for while the twin that is there is known: each
  /// of two machines with one key is named again at each meeting with anybody.
  mutating func named(
    _ device: DeviceID?, _ endpoints: [Endpoint], _ source: AddressBook.Source, at now: Instant
  ) {
    if device == own, twin(at: now) != nil { return }
    addresses.hint(device, endpoints, source, at: now)
  }

  /// The dial has ended. One that looked for the other machine with this device's key, and did not find it, says that it
  /// is not there any more, when it is the second in a row.
  mutating func dialEnded(_ dial: DialID, failure: String?, at now: Instant) -> [Effect] {
    let wasForTwin = addresses.records[.device(own)]?.dialing == dial
    addresses.ended(dial, failure: failure, at: now)
    // Tried once each time that one is named: most are addresses that this machine had before.
    addresses.forget(own)
    guard wasForTwin, failure != nil, var twin else { return [] }
    twin.misses += 1
    twin.nextLook = now.boot + Limits.twinPause
    self.twin = twin.misses < 2 ? twin : nil
    return self.twin == nil ? [.publish(.connections)] : []
  }

  /// Looks whether the other machine with this device's key is still there.
  mutating func lookForTwin(at now: Instant) -> [Effect] {
    guard let twin, twin.nextDeadline <= now.boot else { return [] }
    guard self.twin(at: now) != nil else {
      self.twin = nil
      return [.publish(.connections)]
    }
    self.twin?.nextLook = now.boot + Limits.twinInterval
    addresses.hint(own, [twin.endpoint], .exchange, at: now)
    dialCheck = now.boot
    return []
  }

  /// It has proved that it holds this device's key. There is nothing to exchange that others do not carry, and each is
  /// whom the others meet in turn: the person has to end one.
  mutating func metTwin(
    at endpoint: Endpoint, on connection: ConnectionID, isOutbound: Bool, _ now: Instant
  ) -> [Effect] {
    let isNews = twin(at: now) == nil
    if isNews || isOutbound {
      twin = Twin(
        endpoint: endpoint, met: now.boot, isDialable: isOutbound, nextLook: now.boot + Limits.twinInterval)
    } else {
      twin?.met = now.boot
    }
    return [.close(connection)] + (isNews ? [.publish(.connections)] : [])
  }

  /// Tells a peer that came from another place than before where that was. A laptop that moved finds nobody there; of
  /// two machines with one key each finds the other.
  func formerPlace(of session: SyncSession) -> [Effect] {
    guard let former = session.former, former != session.door, former.scope == 0 else { return [] }
    return [.send(session.connection, .addresses([PeerAddresses(device: session.peer, endpoints: [former])]))]
  }
}
