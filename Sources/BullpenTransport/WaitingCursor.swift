import BullpenCore

/// Whose cursor waits to be sent: a node has one in each room.
struct CursorPlace: Hashable {
  let workspace: WorkspaceID
  let room: RoomID

  /// Nil for what is no cursor, or goes to nobody.
  init?(_ body: DatagramBody, to peers: [DatagramSessionRef]) {
    guard case .cursor(let update) = body, let workspace = peers.first?.workspace else { return nil }
    self.workspace = workspace
    room = update.room
  }
}

/// A cursor that is not signed yet.
struct WaitingCursor {
  private(set) var bytes: [UInt8]
  let peers: [DatagramSessionRef]

  init(bytes: [UInt8], peers: [DatagramSessionRef]) {
    self.bytes = bytes
    self.peers = peers
  }

  /// Takes a newer one in its place, where that is for the same recipients.
  mutating func takes(_ newer: [UInt8], to peers: [DatagramSessionRef]) -> Bool {
    guard peers == self.peers else { return false }
    bytes = newer
    return true
  }
}
