import BullpenCore
import Synchronization

/// One open view of this node's person. What waits for a slow view is bounded, because everything that waits is
/// the newest of its kind: a cursor of a device, a presence of a member, the changed rows of a table.
final class LiveView: LiveAPI {
  let id: ViewID
  private let workspace: WorkspaceNode
  private let queue = PublicationQueue()
  private let rooms = Mutex<Set<RoomID>>([])
  /// Rooms in which this view points: it does not need its own cursor back.
  private let pointed = Mutex<Set<RoomID>>([])

  init(_ id: ViewID, _ workspace: WorkspaceNode) {
    self.id = id
    self.workspace = workspace
  }

  func join(_ room: RoomID, kind: DeviceKind?, _ take: @Sendable ([RoomCursor]) -> Void) async throws {
    rooms.withLock { _ = $0.insert(room) }
    try await workspace.join(room, kind, view: id, take)
  }

  func show(_ kind: DeviceKind) async throws { try await workspace.show(kind, view: id) }

  func leave(_ room: RoomID) async {
    rooms.withLock { _ = $0.remove(room) }
    pointed.withLock { _ = $0.remove(room) }
    await workspace.handle(.view(id, .leave(room)))
  }

  func moveCursor(in room: RoomID, to position: CursorPosition?) async {
    pointed.withLock { _ = $0.insert(room) }
    await workspace.handle(.view(id, .point(room, position)))
  }

  func type(in room: RoomID?) async { await workspace.handle(.view(id, .type(room))) }

  func noteInput() async { await workspace.handle(.view(id, .input)) }

  func listen(_ take: @escaping @Sendable (Publication) -> Bool) { queue.listen(take) }

  var publications: any AsyncSequence<Publication, Never> & Sendable { queue }

  func detach() async {
    queue.finish()
    await workspace.detach(id)
  }

  func offer(_ publication: Publication, own: DeviceID) {
    switch publication {
    case .cursor(let cursor) where !isFor(cursor.room, cursor.device, own): return
    case .cursorRemoved(let room, _, let device) where !isFor(room, device, own): return
    default: queue.offer(publication)
    }
  }

  func finish() { queue.finish() }

  private func isFor(_ room: RoomID, _ device: DeviceID, _ own: DeviceID) -> Bool {
    rooms.withLock { $0.contains(room) } && !(device == own && pointed.withLock { $0.contains(room) })
  }
}

/// Publications in the order in which each last became news, one of a kind at a time.
final class PublicationQueue: AsyncSequence, Sendable {
  typealias Element = Publication
  typealias Failure = Never

  private enum Kind: Hashable {
    case presence(MemberID)
    case cursor(RoomID, DeviceID)
    case rows(String)
    case members, connections

    init(_ publication: Publication) {
      switch publication {
      case .presence(let shown): self = .presence(shown.member)
      case .cursor(let cursor): self = .cursor(cursor.room, cursor.device)
      case .cursorRemoved(let room, _, let device): self = .cursor(room, device)
      case .rows(let table, _): self = .rows(table)
      case .members: self = .members
      case .connections: self = .connections
      }
    }
  }

  private struct State {
    var order: [Kind] = []
    var waiting: [Kind: Publication] = [:]
    var reader: CheckedContinuation<Publication?, Never>?
    /// Whoever takes what happens at once, if anybody does.
    var listener: (@Sendable (Publication) -> Bool)?
    var isFinished = false

    mutating func take() -> Publication? {
      guard let kind = order.first else { return nil }
      order.removeFirst()
      return waiting.removeValue(forKey: kind)
    }
  }

  /// Rows of one table that wait by name; beyond, the reader is told that anything may have changed.
  private static let rowLimit = 500

  private let state = Mutex(State())

  func listen(_ take: @escaping @Sendable (Publication) -> Bool) { state.withLock { $0.listener = take } }

  /// Calls come one after another.
  func offer(_ publication: Publication) {
    // Who reads slowly reads in order.
    let listener = state.withLock { $0.reader == nil ? nil : $0.listener }
    if let listener, listener(publication) { return }
    let woken = state.withLock { state -> (CheckedContinuation<Publication?, Never>, Publication)? in
      guard !state.isFinished else { return nil }
      if let reader = state.reader {
        state.reader = nil
        return (reader, publication)
      }
      let kind = Kind(publication)
      if let earlier = state.waiting[kind] {
        state.waiting[kind] = Self.merged(earlier, publication)
      } else {
        state.order.append(kind)
        state.waiting[kind] = publication
      }
      return nil
    }
    if let (reader, publication) = woken { reader.resume(returning: publication) }
  }

  /// Changed rows add up; of everything else the newest counts. No keys at all mean that there were too many.
  private static func merged(_ earlier: Publication, _ later: Publication) -> Publication {
    guard case .rows(let table, let before) = earlier, case .rows(_, let after) = later else { return later }
    guard !before.isEmpty, !after.isEmpty else { return .rows(table: table, keys: []) }
    let all = Set(before).union(after)
    return .rows(table: table, keys: all.count > rowLimit ? [] : all.sorted())
  }

  func finish() {
    let reader = state.withLock { state in
      state.isFinished = true
      state.listener = nil
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume(returning: nil)
  }

  fileprivate func next() async -> Publication? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready = state.withLock { state -> Publication?? in
          if let publication = state.take() { return publication }
          if state.isFinished || state.reader != nil { return .some(nil) }
          state.reader = continuation
          return nil
        }
        if let ready { continuation.resume(returning: ready) }
      }
    } onCancel: {
      finish()
    }
  }

  struct Iterator: AsyncIteratorProtocol {
    let queue: PublicationQueue
    func next(isolation actor: isolated (any Actor)?) async -> Publication? { await queue.next() }
    func next() async -> Publication? { await queue.next() }
  }

  func makeAsyncIterator() -> Iterator { Iterator(queue: self) }
}
