import BullpenCore
import Synchronization

/// Others' cursors that have arrived and wait for the workspace: of one device in one room only the newest, so that a
/// node that is behind shows where people are, not where they were.
final class NewestCursors: Sendable {
  struct Place: Hashable, Sendable {
    let device: DeviceID
    let room: RoomID

    /// Nil for what is no cursor.
    init?(_ event: Event) {
      guard case .datagram(let device, .cursor(let update), _) = event else { return nil }
      self.device = device
      room = update.room
    }
  }

  private let waiting = Mutex<[Place: Event]>([:])

  /// Keeps the newer of this one and what waits in its place.
  /// - Returns: whether nothing waited there: then somebody must come for it.
  func put(_ event: Event, in place: Place) -> Bool {
    waiting.withLock { waiting in
      let before = waiting[place]
      if let before, Self.version(of: event) < Self.version(of: before) { return false }
      waiting[place] = event
      return before == nil
    }
  }

  func take(_ place: Place) -> Event? { waiting.withLock { $0.removeValue(forKey: place) } }

  private static func version(of event: Event) -> PresenceVersion {
    guard case .datagram(_, .cursor(let update), _) = event else { return PresenceVersion(session: 0, counter: 0) }
    return update.version
  }
}
