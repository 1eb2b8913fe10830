/// Where others are, and where they point.
extension RoomMachine {
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
      effects += welcome(device, to: room, at: now)
      if let held = others[room]?[device], let shown = cursor(of: device, in: room, at: held.position) {
        // Its cursor was faster than its presence.
        others[room]?[device]?.expiry = now.boot + Limits.cursorLifetime
        effects.append(.publish(shown))
      }
    }
    return effects
  }

  mutating func peerLeft(_ device: DeviceID, at now: Instant) -> [Effect] { peerRooms(device, [], at: now) }

  mutating func remove(_ device: DeviceID, from room: RoomID) -> [Effect] {
    guard others[room]?.removeValue(forKey: device) != nil else { return [] }
    if others[room]?.isEmpty == true { others[room] = nil }
    guard let member = membership.author(device) else { return [] }
    return [.removed(room, member, device)]
  }

  /// A cursor of another device; latest wins. What is said about rooms in which nobody of ours is goes by. Of a
  /// device that does not show itself in the room the cursor waits a moment for its presence, unseen: either it
  /// comes, or the cursor was under way while the device left.
  mutating func received(_ update: CursorUpdate, from device: DeviceID, at now: Instant) -> [Effect] {
    guard device != own, isOurs(update.room), membership.device(device) != nil else { return [] }
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
}
