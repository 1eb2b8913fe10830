import BullpenCore
import BullpenNode

/// What programs show by single requests: cursors, the page that the person is on, that it types there, and with what.
/// A caller has a view of its own in a workspace, which holds each of these until it is taken out, or nobody has said it
/// again for its time.
actor CursorDesk {
  private struct Seat: Hashable {
    let workspace: WorkspaceID
    let caller: String
  }

  /// Each part ends at its moment of the monotonic clock.
  private struct Taken {
    let live: any LiveAPI
    /// Rooms with a cursor.
    var rooms: [RoomID: Int64] = [:]
    var page: (room: RoomID, end: Int64)?
    var typing: (room: RoomID, end: Int64)?
    var kind: (name: DeviceKind, end: Int64)?

    func isIn(_ room: RoomID) -> Bool { rooms[room] != nil || page?.room == room }
    var isEmpty: Bool { rooms.isEmpty && page == nil && typing == nil && kind == nil }
    var nextEnd: Int64? { (rooms.values + [page?.end, typing?.end, kind?.end].compactMap(\.self)).min() }
  }

  private var taken: [Seat: Taken] = [:]
  /// Wakes when the first of all ends.
  private var alarm: (at: Int64, task: Task<Void, Never>)?

  // MARK: - Cursors

  /// - Parameter kind: nil for that which the caller named before; where it named none, this view says nothing of it.
  ///
  /// Throws `conflict` where this device is in too many rooms.
  func put(
    _ position: CursorPosition, in room: RoomID, as kind: DeviceKind?, of workspace: any WorkspaceAPI,
    by caller: Caller?
  ) async throws {
    try await sit(in: workspace, by: caller) { desk, seat, live in
      try await live.join(room, kind: kind ?? desk.taken[seat]?.kind?.name)
      desk.taken[seat]?.rooms[room] = Monotonic.milliseconds + Limits.cursorLifetime
      await live.moveCursor(in: room, to: position)
    }
  }

  /// Nothing where the caller has no cursor there.
  func remove(from room: RoomID, of workspace: any WorkspaceAPI, by caller: Caller?) async {
    await removeCursor(room, seat(of: caller, in: workspace))
  }

  // MARK: - Places without a cursor

  /// Says where the person is, whether it types there, and with what; nothing is done where anything is refused.
  ///
  /// Throws `conflict` where this device is in too many rooms, `invalid` for who types on no page.
  func show(_ place: PlaceChange, of workspace: any WorkspaceAPI, by caller: Caller?) async throws {
    let known = taken[seat(of: caller, in: workspace)]
    let page = place.page ?? known?.page?.room
    if place.isTyping == true, page == nil {
      throw Problem.invalid(
        "/is_typing", "One types on a page, and you have named none.", hint: "Say `current_page` with it.")
    }
    guard place.hasNews(since: known.map { ($0.page?.room, $0.typing != nil) }) else { return }
    try await sit(in: workspace, by: caller) { desk, seat, live in
      if let page, place.page != nil || place.isTyping == true {
        try await desk.turn(to: page, as: place.kind, seat, live)
      } else if place.page == .some(nil) {
        await desk.turnAway(seat)
      }
      if let kind = place.kind {
        try await live.show(kind)
        desk.taken[seat]?.kind = (kind, Monotonic.milliseconds + WebBounds.place)
      }
      switch place.isTyping {
      case true?:
        desk.taken[seat]?.typing = page.map { ($0, Monotonic.milliseconds + WebBounds.typing) }
        await live.type(in: page)
      case false?: await desk.stopTyping(seat)
      case nil: break
      }
    }
  }

  /// The person is on this page, and no longer on the one before.
  private func turn(to page: RoomID, as kind: DeviceKind?, _ seat: Seat, _ live: any LiveAPI) async throws {
    let kind = kind ?? taken[seat]?.kind?.name
    let before = taken[seat]?.page?.room
    do {
      try await live.join(page, kind: kind)
    } catch let error as NodeError where error.code == .conflict && before != nil {
      // The page before may have had the last place.
      await turnAway(seat)
      do {
        try await live.join(page, kind: kind)
      } catch {
        if let before, (try? await live.join(before, kind: kind)) != nil {
          taken[seat]?.page = (before, Monotonic.milliseconds + WebBounds.place)
        }
        throw error
      }
    }
    taken[seat]?.page = (page, Monotonic.milliseconds + WebBounds.place)
    if let before, before != page { await leave(before, seat) }
  }

  private func turnAway(_ seat: Seat) async {
    guard let page = taken[seat]?.page?.room else { return }
    taken[seat]?.page = nil
    await leave(page, seat)
  }

  private func stopTyping(_ seat: Seat) async {
    guard taken[seat]?.typing != nil else { return }
    taken[seat]?.typing = nil
    await taken[seat]?.live.type(in: nil)
  }

  // MARK: - Seats

  /// Does something in the caller's view, which is opened for it and closed where nothing comes of it.
  private func sit(
    in workspace: any WorkspaceAPI, by caller: Caller?,
    _ deed: (isolated CursorDesk, Seat, any LiveAPI) async throws -> Void
  ) async throws {
    let seat = seat(of: caller, in: workspace)
    do {
      do {
        try await deed(self, seat, try await view(of: workspace, at: seat))
      } catch let error as NodeError where error.code == .notFound {
        // The workspace was closed and opened again since, by a repair: its old views are nobody's.
        taken[seat] = nil
        try await deed(self, seat, try await view(of: workspace, at: seat))
      }
    } catch {
      await closeIfEmpty(seat)
      throw error
    }
    // Who says anything says it with what it said it had.
    taken[seat]?.kind?.end = Monotonic.milliseconds + WebBounds.place
    await closeIfEmpty(seat)
    watch()
  }

  private func view(of workspace: any WorkspaceAPI, at seat: Seat) async throws -> any LiveAPI {
    if let known = taken[seat] { return known.live }
    let live = try await workspace.attach()
    // Another request of the same caller may have been faster.
    if let known = taken[seat] {
      await live.detach()
      return known.live
    }
    taken[seat] = Taken(live: live)
    return live
  }

  private func removeCursor(_ room: RoomID, _ seat: Seat) async {
    guard taken[seat]?.rooms.removeValue(forKey: room) != nil else { return }
    if taken[seat]?.isIn(room) == true {
      await taken[seat]?.live.moveCursor(in: room, to: nil)
    } else {
      await leave(room, seat)
    }
    await closeIfEmpty(seat)
  }

  /// Unless the view is there for another reason.
  private func leave(_ room: RoomID, _ seat: Seat) async {
    guard let view = taken[seat], !view.isIn(room) else { return }
    if view.typing?.room == room { taken[seat]?.typing = nil }
    await view.live.leave(room)
  }

  private func closeIfEmpty(_ seat: Seat) async {
    if taken[seat]?.isEmpty == true { await close(seat) }
  }

  /// The server ends.
  func close() async {
    alarm?.task.cancel()
    for seat in Array(taken.keys) { await close(seat) }
  }

  private func close(_ seat: Seat) async {
    await taken.removeValue(forKey: seat)?.live.detach()
  }

  private func seat(of caller: Caller?, in workspace: any WorkspaceAPI) -> Seat {
    let name =
      switch caller {
      case .app(let id, _): "app \(id)"
      case .view: "view"
      case .person, nil: "person"
      }
    return Seat(workspace: workspace.id, caller: name)
  }

  // MARK: - Time

  /// Takes out what has not been said anew for too long.
  func sweep(at now: Int64) async {
    for (seat, view) in taken {
      if let typing = view.typing, typing.end <= now { await stopTyping(seat) }
      for (room, end) in view.rooms where end <= now { await removeCursor(room, seat) }
      if let page = taken[seat]?.page, page.end <= now { await turnAway(seat) }
      if let kind = taken[seat]?.kind, kind.end <= now { taken[seat]?.kind = nil }
      await closeIfEmpty(seat)
    }
  }

  private func watch() {
    guard let next = taken.values.compactMap(\.nextEnd).min() else { return }
    if let alarm, alarm.at <= next { return }
    alarm?.task.cancel()
    let task = Task { [weak self] in
      try? await Task.sleep(for: .milliseconds(max(next - Monotonic.milliseconds, 1)))
      guard !Task.isCancelled else { return }
      await self?.ring()
    }
    alarm = (next, task)
  }

  private func ring() async {
    alarm = nil
    await sweep(at: Monotonic.milliseconds)
    watch()
  }
}

/// What a request says of where its person is; nil leaves a part as it is.
struct PlaceChange: Sendable {
  /// An inner nil: on no page any more.
  var page: RoomID??
  var isTyping: Bool?
  var kind: DeviceKind?

  /// Whether there is anything to do for a caller who said this before, if anything.
  fileprivate func hasNews(since known: (page: RoomID?, isTyping: Bool)?) -> Bool {
    if case .some(.some) = page { return true }
    if kind != nil || isTyping == true { return true }
    return known?.page != nil && page != nil || known?.isTyping == true && isTyping != nil
  }
}
