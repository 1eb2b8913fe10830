import BullpenCore
import BullpenNode

/// What a client asks for, one message after the other: answers come in order.
actor SocketSession {
  private let workspace: any WorkspaceAPI
  private let live: any LiveAPI
  private let outbox: Outbox
  private let names: NameBook
  private let watch: PresenceWatch
  private let mayWrite: Bool
  private var rooms: Set<RoomID> = []
  private var typing: (room: RoomID, ends: Int64)?
  private var rate = TokenBucket(
    burst: WebBounds.socketBurst, rate: WebBounds.socketRate, at: Monotonic.milliseconds)
  private var complaints = TokenBucket(burst: 1, rate: 1, at: Monotonic.milliseconds)

  init(
    workspace: any WorkspaceAPI, live: any LiveAPI, outbox: Outbox, names: NameBook, watch: PresenceWatch,
    mayWrite: Bool
  ) {
    self.workspace = workspace
    self.live = live
    self.outbox = outbox
    self.names = names
    self.watch = watch
    self.mayWrite = mayWrite
  }

  func receive(_ text: String) async {
    let now = Monotonic.milliseconds
    guard rate.take(at: now) else {
      if complaints.take(at: now) { complain(.tooMany, id: nil) }
      return
    }
    var id: String?
    do {
      let bytes = Array(text.utf8)
      if mayWrite, let move = UsualMove(bytes), (move.id?.utf8.count ?? 0) <= WebBounds.envelopeIDBytes {
        id = move.id
        return await live.moveCursor(in: try own(move.room), to: try move.position.position())
      }
      let head = try JSON.decode(EnvelopeHead.self, from: bytes)
      try Check.bytes(head.id, 0...WebBounds.envelopeIDBytes, at: "/id")
      id = head.id
      try await carryOut(head.type, id: id, bytes)
    } catch {
      complain(Problem(any: error), id: id)
    }
  }

  private func carryOut(_ type: String, id: String?, _ bytes: [UInt8]) async throws {
    switch type {
    case "ping": return send("pong", id: id, NoContent())
    case "pong": return
    case "presence.watch": return try await setWatch(try content(PresenceWatchRequest.self, bytes), id: id)
    case "room.join", "room.leave", "cursor.move", "cursor.remove", "cursor.clear", "typing", "presence.set",
      "presence.active":
      break
    default: throw Problem.invalid("/type", "There is no message of this type.")
    }
    guard mayWrite else {
      throw Problem(.forbidden, code: "forbidden", "This token lacks the scope `write`.")
    }
    switch type {
    case "room.join": try await join(try content(RoomRequest.self, bytes), id: id)
    case "room.leave":
      let room = try own(try content(RoomRequest.self, bytes).room)
      rooms.remove(room)
      if typing?.room == room { typing = nil }
      await live.leave(room)
    case "cursor.move":
      let asked = try content(CursorRequest.self, bytes)
      await live.moveCursor(in: try own(asked.room), to: try asked.position.position())
    case "cursor.remove":
      await live.moveCursor(in: try own(try content(RoomRequest.self, bytes).room), to: nil)
    case "presence.active": await live.noteInput()
    case "cursor.clear": try await workspace.clearCursors(in: try own(try content(RoomRequest.self, bytes).room))
    case "typing": try await setTyping(try content(TypingRequest.self, bytes))
    default: try await setStatus(try content(StatusRequest.self, bytes), id: id)
    }
  }

  private func content<Content: Decodable>(_: Content.Type, _ bytes: [UInt8]) throws(Problem) -> Content {
    try JSON.decode(EnvelopeContent<Content>.self, from: bytes).data
  }

  private func join(_ asked: RoomRequest, id: String?) async throws {
    let room = try Check.room(asked.room, at: "/room")
    let kind = try RoomRequest.kind(asked.deviceKind)
    guard rooms.contains(room) || rooms.count < Limits.roomsPerDevice else {
      throw Problem(
        .conflict, code: "conflict", "One is in at most \(Limits.roomsPerDevice) rooms.", hint: "Leave one first.")
    }
    // What is told of the room comes after this, so nothing waits in between.
    await names.read()
    try await live.join(room, kind: kind) { [names, outbox] cursors in
      let bodies = cursors.map { CursorBody($0, by: names.known($0.member)) }
      outbox.send(JSON.text(Envelope(type: "cursor.sync", id: id, data: CursorsBody(room: room.name, cursors: bodies))))
    }
    rooms.insert(room)
  }

  private func setWatch(_ asked: PresenceWatchRequest, id: String?) async throws {
    let filter = try await PresenceFilter.named(room: asked.room, team: asked.team, in: workspace)
    try await watch.turn(to: filter) { [outbox] whole, since in
      let items = ItemsBody(items: whole.map(PresenceBody.init))
      outbox.send(JSON.text(Envelope(type: "presence.sync", id: id, data: items)))
      for presence in since { outbox.send(PresenceTexts.make(presence), kind: .presence(presence.member)) }
    }
  }

  private func setTyping(_ asked: TypingRequest) async throws {
    guard let name = asked.room else {
      typing = nil
      return await live.type(in: nil)
    }
    let room = try own(name)
    let isNew = typing?.room != room
    typing = (room, Monotonic.milliseconds + WebBounds.typing)
    if isNew { await live.type(in: room) }
  }

  /// Who has not said it again for a while types no more.
  func typingEnds(at now: Int64) async {
    guard let typing, typing.ends <= now else { return }
    self.typing = nil
    await live.type(in: nil)
  }

  private func setStatus(_ asked: StatusRequest, id: String?) async throws {
    let mine = try await workspace.setStatus(try asked.checked())
    send("presence.update", id: id, PresenceBody(mine))
  }

  /// A room that this client is in.
  private func own(_ name: String) throws(Problem) -> RoomID {
    let room = try Check.room(name, at: "/room")
    guard rooms.contains(room) else {
      throw Problem.invalid("/room", "You are not in this room.", hint: "Send `room.join` first.")
    }
    return room
  }

  private func send(_ type: String, id: String?, _ content: some Encodable) {
    outbox.send(JSON.text(Envelope(type: type, id: id, data: content)))
  }

  private func complain(_ problem: Problem, id: String?) {
    send("error", id: id, FaultBody(problem))
  }
}
