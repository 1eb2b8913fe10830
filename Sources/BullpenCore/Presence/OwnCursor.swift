/// Where this device points in a room, for as long as others need to hear of it.
struct OwnCursor: Sendable {
  /// Nil once it is removed.
  var position: CursorPosition?
  /// The view that moved it last.
  var view: ViewID
  /// When it goes unless it is moved, on the boot clock.
  var expiry: Int64 = 0
  /// Until when what was sent has used the rate up, in microseconds of the boot clock.
  private var paid: Int64 = 0
  var isWaiting = false
  /// Whether others were told a place since it was last removed.
  var isShown = false
  /// Under which version the position was said, and when it will be said again.
  var said: PresenceVersion?
  /// Moments of the boot clock, ascending.
  var again: [Int64] = []

  /// The earliest moment of the next sending; a position that waits for it is the newest one. One more than the rate is
  /// let through, so that a hand that moves in step with it never waits.
  var nextSend: Int64 { (max(paid - credit, 0) + 999) / 1_000 }
  /// Microseconds between two sendings when the last was made.
  private var credit: Int64 = 0

  init(view: ViewID) { self.view = view }

  /// Something was sent.
  mutating func pay(_ interval: Int64, at now: Instant) {
    paid = max(paid, now.boot * 1_000) + interval
    credit = interval
  }

  /// When it wants a tick.
  var nextDeadline: Int64 {
    if isWaiting { return nextSend }
    // A cursor that was removed is remembered until then, or removing would be a way round the rate.
    return again.first ?? (position == nil ? nextSend : expiry)
  }
}

// Nobody acknowledges a cursor: of one that moves the next move makes good what is lost. Where it rests, or that it is
// gone, is said again under the same version, so that whoever has heard it passes over it.
extension RoomMachine {
  mutating func point(
    _ room: RoomID, _ position: CursorPosition?, _ view: ViewID, at now: Instant
  ) -> [Effect] {
    guard position != nil || cursors[room]?.position != nil else { return [] }
    var cursor = cursors[room] ?? OwnCursor(view: view)
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

  mutating func flush(_ room: RoomID, at now: Instant) -> [Effect] {
    guard var cursor = cursors[room], cursor.isWaiting else { return [] }
    cursor.isWaiting = false
    cursor.isShown = cursor.position != nil
    cursors[room] = cursor
    return say(room, to: devices(in: room), at: now)
  }

  /// Whoever is new in a room is told where we point there.
  mutating func welcome(_ device: DeviceID, to room: RoomID, at now: Instant) -> [Effect] {
    guard cursors[room]?.position != nil, visibility.admitsToRooms(device) else { return [] }
    cursors[room]?.isShown = true
    // It goes to one, and is no reason to keep the others waiting.
    return say(room, to: [device], paying: false, at: now)
  }

  private mutating func say(
    _ room: RoomID, to receivers: [DeviceID], paying: Bool = true, at now: Instant
  ) -> [Effect] {
    guard var cursor = cursors[room] else { return [] }
    let version = nextVersion()
    cursor.said = version
    if paying { cursor.pay(interval, at: now) }
    let nextSend = cursor.nextSend
    cursor.again = receivers.isEmpty ? [] : Limits.cursorRepeats.map { max(now.boot + $0, nextSend) }
    cursors[room] = cursor
    guard !receivers.isEmpty else { return [] }
    return [.send(CursorUpdate(room: room, version: version, position: cursor.position), to: receivers)]
  }

  /// What was said last, as it was said; and what is gone and was said often enough is forgotten.
  mutating func sayAgain(_ room: RoomID, at now: Instant) -> [Effect] {
    guard var cursor = cursors[room] else { return [] }
    let receivers = devices(in: room)
    // Who has left shows no room, which is acknowledged.
    if receivers.isEmpty || !ownRooms.contains(room) { cursor.again = [] }
    var effects: [Effect] = []
    if let version = cursor.said, let due = cursor.again.first, due <= now.boot {
      cursor.again.removeFirst()
      cursor.pay(interval, at: now)
      effects = [.send(CursorUpdate(room: room, version: version, position: cursor.position), to: receivers)]
    }
    let isOver = cursor.position == nil && cursor.again.isEmpty && cursor.nextSend <= now.boot
    cursors[room] = isOver ? nil : cursor
    return effects
  }

  /// Microseconds between two sendings: 30 a second, fewer as the rooms in which we point grow. A node sends so many
  /// cursor packets a second and no more.
  private var interval: Int64 {
    let audience = cursors.keys.reduce(0) { $0 + devices(in: $1).count }
    let rate = min(Limits.cursorRate, max(1, Limits.cursorPackets / max(audience, 1)))
    // Rounded up, so that the rate is never exceeded.
    return Int64((1_000_000 + rate - 1) / rate)
  }
}
