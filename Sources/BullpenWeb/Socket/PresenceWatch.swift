import BullpenCore
import BullpenNode
import Synchronization

/// Of whom somebody wants to hear: of those in a room, of those in a team, of those in both, or of everybody.
struct PresenceFilter: Sendable {
  var room: RoomID?
  var team: Team?

  /// - Parameter team: its id or its name. Throws `invalid` where there is none.
  static func named(room: String?, team: String?, in workspace: any WorkspaceAPI) async throws -> PresenceFilter {
    var filter = PresenceFilter(room: try room.map { try Check.room($0, at: "/room") })
    if let team { filter.team = try await Check.team(team, of: workspace, at: "/team") }
    return filter
  }

  func admits(_ presence: MemberPresence) -> Bool {
    room.map(presence.rooms.contains) != false && team?.members.contains(presence.member) != false
  }
}

/// Of whom one client hears, without a gap between the whole and what is new after it: what happens while the whole is
/// read is held back, and follows it.
final class PresenceWatch: Sendable {
  private struct State {
    var filter = PresenceFilter()
    /// Who was admitted when the client was told of them last.
    var told: Set<MemberID> = []
    /// What happened while the whole is read, the newest of each member; nil otherwise.
    var held: [MemberPresence]?

    mutating func admits(_ presence: MemberPresence) -> Bool {
      guard filter.admits(presence) else { return told.remove(presence.member) != nil }
      told.insert(presence.member)
      return true
    }
  }

  private let workspace: any WorkspaceAPI
  private let state = Mutex(State())

  init(_ workspace: any WorkspaceAPI) { self.workspace = workspace }

  /// Whether the client is told of it now; also of who is admitted no longer, once.
  func admits(_ presence: MemberPresence) -> Bool {
    state.withLock { state in
      guard state.held == nil else {
        state.held?.removeAll { $0.member == presence.member }
        state.held?.append(presence)
        return false
      }
      return state.admits(presence)
    }
  }

  /// Changes of whom the client hears. Not to be called again before it has returned.
  /// - Parameter tell: takes the whole, and each that happened while it was read.
  func turn(
    to filter: PresenceFilter, _ tell: @Sendable (_ whole: [MemberPresence], _ since: [MemberPresence]) -> Void
  ) async throws {
    state.withLock { state in
      state.filter = filter
      state.held = []
    }
    // Who is in the team may have changed since it was looked up.
    await renewTeam()
    let read: Result<[MemberPresence], any Error>
    do { read = .success(try await workspace.presence()) } catch { read = .failure(error) }
    try state.withLock { state in
      let held = state.held ?? []
      state.held = nil
      let whole = try read.get().filter(state.filter.admits)
      state.told = Set(whole.map(\.member))
      tell(whole, held.filter { state.admits($0) })
    }
  }

  /// Teams have changed: the client is told of who is admitted now, or no longer.
  func teamsChanged(_ tell: @Sendable (MemberPresence) -> Void) async {
    guard await renewTeam(), let presences = try? await workspace.presence() else { return }
    state.withLock { state in
      // Who reads the whole goes by the team as it is now.
      guard state.held == nil else { return }
      for presence in presences where state.filter.admits(presence) != state.told.contains(presence.member) {
        if state.admits(presence) { tell(presence) }
      }
    }
  }

  /// A team that was removed has nobody in it. Returns whether the client asked for a team.
  @discardableResult
  private func renewTeam() async -> Bool {
    guard let id = state.withLock({ $0.filter.team?.id }), let teams = try? await workspace.teams() else {
      return false
    }
    state.withLock { state in
      guard state.filter.team?.id == id else { return }
      state.filter.team?.members = teams.first { $0.id == id }?.members ?? []
    }
    return true
  }
}
