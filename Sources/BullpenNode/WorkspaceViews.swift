import BullpenCore

/// The views of this node's person: tabs, programs, and the seats of those that make single requests.
extension WorkspaceNode {
  func makeView() throws -> LiveView {
    guard !hasStopped, views.count < Limits.views else {
      throw NodeError(.unavailable, "Too many views are open.", hint: "Close some tabs.")
    }
    let view = LiveView(ViewID(raw: nextView), self)
    nextView += 1
    views[view.id] = view
    return view
  }

  /// The machine answers a join in the same turn, or not at all where a bound forbids it.
  /// - Parameter take: the answer, before anything that happens in the room after.
  func join(_ room: RoomID, _ kind: DeviceKind?, view: ViewID, _ take: @Sendable ([RoomCursor]) -> Void) throws {
    guard !hasStopped, views[view] != nil else { throw NodeError(.notFound, "This view is closed.") }
    handle(.view(view, .join(room, kind)))
    guard let cursors = joining.removeValue(forKey: view) else {
      throw NodeError(
        .conflict,
        "A device is in \(Limits.roomsPerDevice) rooms at most, with names of \(Limits.roomsBytes) bytes together.",
        hint: "Leave one of them first.")
    }
    take(cursors)
  }

  func show(_ kind: DeviceKind, view: ViewID) throws {
    guard !hasStopped, views[view] != nil else { throw NodeError(.notFound, "This view is closed.") }
    handle(.view(view, .show(kind)))
  }

  func detach(_ view: ViewID) {
    guard views.removeValue(forKey: view) != nil else { return }
    handle(.view(view, .close))
  }
}
