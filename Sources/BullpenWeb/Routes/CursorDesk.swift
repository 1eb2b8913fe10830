import BullpenCore
import BullpenNode

/// Cursors that programs put by single requests. A caller has a view of its own in a workspace, which is in a room for as
/// long as its cursor there lives: until it is taken out, or nobody has put it anew for 300 s.
actor CursorDesk {
  private struct Seat: Hashable {
    let workspace: WorkspaceID
    let caller: String
  }

  private struct Taken {
    let live: any LiveAPI
    /// Until when the view is in each of its rooms, on the monotonic clock.
    var rooms: [RoomID: Int64] = [:]
  }

  private var taken: [Seat: Taken] = [:]
  private var sweeper: Task<Void, Never>?

  /// Throws `conflict` where this device is in too many rooms.
  func put(
    _ position: CursorPosition, in room: RoomID, as kind: DeviceKind, of workspace: any WorkspaceAPI, by caller: Caller?
  ) async throws {
    let seat = seat(of: caller, in: workspace)
    do {
      try await place(position, in: room, as: kind, of: workspace, at: seat)
    } catch let error as NodeError where error.code == .notFound {
      // The workspace was closed and opened again since, by a repair: its old views are nobody's.
      taken[seat] = nil
      try await place(position, in: room, as: kind, of: workspace, at: seat)
    }
    watch()
  }

  private func place(
    _ position: CursorPosition, in room: RoomID, as kind: DeviceKind, of workspace: any WorkspaceAPI, at seat: Seat
  ) async throws {
    let live = try await view(of: workspace, at: seat)
    do {
      _ = try await live.join(room, kind: kind)
    } catch {
      if taken[seat]?.rooms.isEmpty == true { await close(seat) }
      throw error
    }
    taken[seat]?.rooms[room] = Monotonic.milliseconds + Limits.cursorLifetime
    await live.moveCursor(in: room, to: position)
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

  /// Nothing where the caller has no cursor there.
  func remove(from room: RoomID, of workspace: any WorkspaceAPI, by caller: Caller?) async {
    await leave(room, seat(of: caller, in: workspace))
  }

  /// Takes out what has not been put anew for too long.
  func sweep(at now: Int64) async {
    for (seat, view) in taken {
      for (room, end) in view.rooms where end <= now { await leave(room, seat) }
    }
  }

  /// The server ends.
  func close() async {
    sweeper?.cancel()
    for seat in Array(taken.keys) { await close(seat) }
  }

  private func leave(_ room: RoomID, _ seat: Seat) async {
    guard taken[seat]?.rooms.removeValue(forKey: room) != nil, let view = taken[seat] else { return }
    await view.live.leave(room)
    if taken[seat]?.rooms.isEmpty == true { await close(seat) }
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

  private func watch() {
    guard sweeper == nil else { return }
    sweeper = Task { [weak self] in
      while !Task.isCancelled, let next = await self?.nextEnd() {
        try? await Task.sleep(for: .milliseconds(max(next - Monotonic.milliseconds, 1)))
        await self?.sweep(at: Monotonic.milliseconds)
      }
    }
  }

  /// When the first of all ends; nil, and nobody watches any more, where there is none.
  private func nextEnd() -> Int64? {
    let next = taken.values.flatMap(\.rooms.values).min()
    if next == nil { sweeper = nil }
    return next
  }
}
