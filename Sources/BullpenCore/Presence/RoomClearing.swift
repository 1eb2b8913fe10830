/// An admin clears a room: all cursors go, for everybody who is in it.
extension RoomMachine {
  /// Takes out what is shown here, and tells the devices in the room to do the same: now, and again for those who did
  /// not hear. Nothing where our person is no admin.
  mutating func clear(_ room: RoomID, at now: Instant) -> [Effect] {
    guard isAdmin(own) else { return [] }
    let clear = CursorClear(room: room, version: nextVersion())
    clearing[room] = Clearing(clear: clear, due: Limits.clearRepeats.map { now.boot + $0 })
    return empty(room, at: now) + tell(clear)
  }

  /// Whoever hears it forgets what others point at, and takes its own cursor out by itself, which the others hear of in
  /// the usual way. So the room is empty for all of them as soon as each has heard it once, and nobody speaks for
  /// another's cursor for longer than until that moves again.
  mutating func received(_ clear: CursorClear, from device: DeviceID, at now: Instant) -> [Effect] {
    guard device != own, isAdmin(device), ownRooms.contains(clear.room) else { return [] }
    if let known = cleared[clear.room]?[device], clear.version <= known { return [] }
    cleared[clear.room, default: [:]][device] = clear.version
    return empty(clear.room, at: now)
  }

  mutating func clearAgain(at now: Instant) -> [Effect] {
    var effects: [Effect] = []
    for room in clearing.keys.sorted() {
      guard let under = clearing[room], let due = under.due.first, due <= now.boot else { continue }
      let rest = Array(under.due.dropFirst())
      clearing[room] = rest.isEmpty ? nil : Clearing(clear: under.clear, due: rest)
      effects += tell(under.clear)
    }
    return effects
  }

  private func tell(_ clear: CursorClear) -> [Effect] {
    let receivers = devices(in: clear.room)
    return receivers.isEmpty ? [] : [.clear(clear, to: receivers)]
  }

  private func isAdmin(_ device: DeviceID) -> Bool { (membership.device(device)?.role ?? .guest) >= .admin }
}
