import BullpenCore

/// Rooms, as far as they are not one view's own.
extension WorkspaceHandle {
  func cursors(in room: RoomID) async -> RoomCursorsView {
    await node.look { machine, _ in RoomCursorsView(isIn: machine.isIn(room), cursors: machine.cursors(in: room)) }
  }

  func clearCursors(in room: RoomID) async throws {
    let own = node.own
    let role = await node.look { machine, _ in machine.membership.device(own)?.role }
    guard let role, role >= .admin else {
      throw NodeError(.forbidden, "Only the owner and admins take out others' cursors.", hint: "Ask one of them.")
    }
    await node.handle(.clearCursors(room))
  }
}
