import BullpenCore
import BullpenNode

/// What the node tells a client by itself.
struct SocketNews: Sendable {
  let workspace: any WorkspaceAPI
  let outbox: Outbox
  let names: NameBook
  let presenceTexts: PresenceTexts
  let watch: PresenceWatch

  /// Tells what can be told without asking anybody. Returns whether it was told.
  @Sendable func takes(_ publication: Publication) -> Bool {
    switch publication {
    case .presence(let presence): if watch.admits(presence) { tell(presence) }
    case .cursor(let cursor):
      guard let member = names.known(cursor.member) else { return false }
      tell(cursor, by: member)
    case .cursorRemoved(let room, let member, let device): tellRemoval(room, member, device)
    case .rows, .members, .connections: return false
    }
    return true
  }

  @Sendable private func tell(_ presence: MemberPresence) {
    outbox.send(presenceTexts.text(of: presence), kind: .presence(presence.member))
  }

  private func tell(_ cursor: RoomCursor, by member: MemberView?) {
    outbox.send(CursorText.move(cursor, by: member), kind: .cursor(cursor.room, cursor.device))
  }

  private func tellRemoval(_ room: RoomID, _ member: MemberID, _ device: DeviceID) {
    let body = CursorGoneBody(room: room.name, userId: member.description, deviceId: device.description)
    send("cursor.remove", body, kind: .cursor(room, device))
  }

  func follow(_ publications: any AsyncSequence<Publication, Never> & Sendable) async {
    for await publication in publications { await tell(publication) }
  }

  private func tell(_ publication: Publication) async {
    switch publication {
    case .presence(let presence): if watch.admits(presence) { tell(presence) }
    case .cursor(let cursor): tell(cursor, by: await names.member(cursor.member))
    case .cursorRemoved(let room, let member, let device): tellRemoval(room, member, device)
    case .members:
      await names.read()
      send("members.update", NoContent(), kind: .members)
    case .connections:
      guard let peers = try? await workspace.peers() else { return }
      let live = peers.count { $0.state == "connected" || $0.state == "session" }
      send("connections.update", ConnectionsBody(liveDevices: live, knownDevices: peers.count), kind: .connections)
    case .rows(let table, let keys): await tell(table, keys)
    }
  }

  private func tell(_ table: String, _ keys: [RowKey]) async {
    switch table {
    case Tables.notifications.name:
      for key in keys { await notification(key) }
      await count()
    case Tables.notificationMarks.name:
      // A mark's key ends with the key of what it marks. Marks of others change nothing here.
      for key in keys {
        guard let marked = RowKey(Array(key.bytes.dropFirst(16)), shape: .own) else { continue }
        await notification(marked)
      }
      await count()
    case Tables.activities.name:
      for key in keys {
        guard let activity = try? await workspace.activity(key) else { continue }
        send("activity", ActivityBody(activity))
      }
    case Tables.members.name:
      // A newcomer's name comes after its credential, and a colleague may take another.
      await names.read()
      send("members.update", NoContent(), kind: .members)
    case Tables.workspaceSettings.name:
      send("workspace.update", WorkspaceBody(await workspace.view()), kind: .workspace)
      send("settings.update", NoContent(), kind: .settings)
    case Tables.teams.name:
      send("settings.update", NoContent(), kind: .settings)
      await watch.teamsChanged { tell($0) }
    case Tables.presenceSettings.name:
      // Those of others are none of this person's business.
      guard let me = try? await workspace.me().id, keys.isEmpty || keys.contains(where: { $0.writer == me }) else {
        return
      }
      send("settings.update", NoContent(), kind: .settings)
    default: return
    }
    // No keys at all: there were too many to name.
    if keys.isEmpty { send("resync", NoContent(), kind: .resync) }
  }

  /// Whoever cannot read it is not told.
  private func notification(_ key: RowKey) async {
    guard let notification = try? await workspace.notification(key) else { return }
    send("notification", NotificationBody(notification))
  }

  private func count() async {
    guard let count = try? await workspace.unreadCount() else { return }
    send("notification.count", CountBody(count: count), kind: .count)
  }

  private func send(_ type: String, _ content: some Encodable, kind: Outbox.Kind? = nil) {
    outbox.send(JSON.text(Envelope(type: type, id: nil, data: content)), kind: kind)
  }
}
