import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenTransport
import BullpenWire

/// What people and programs do in a workspace, in the words of the local API.
struct WorkspaceHandle: WorkspaceAPI {
  let node: WorkspaceNode
  let port: UInt16
  let interface: String?
  let discovery: @Sendable () -> String
  let idleSource: @Sendable () -> DesktopReading.Source?
  let drops: @Sendable () -> [DropReason: Int]
  /// When the node began, Unix milliseconds.
  let upSince: Int64
  let examiner: Examiner

  var id: WorkspaceID { node.id }

  // MARK: - Presence

  func presence() async throws -> [MemberPresence] { await node.look { machine, now in machine.shown(at: now) } }

  func presence(of member: MemberID) async throws -> MemberPresence {
    guard let shown = await node.look({ machine, now in machine.shown(member, at: now) }) else {
      throw NodeError(.notFound, "Nobody of the workspace has this id.")
    }
    return shown
  }

  func setStatus(_ change: PresenceChange) async throws -> MemberPresence {
    var change = change
    change.customStatus = try change.customStatus.map {
      try Text.line($0, characters: Limits.customStatusCharacters, bytes: Limits.customStatusBytes, "custom status")
    }
    change.customEmoji = try change.customEmoji.map {
      try Text.line($0, characters: Limits.emojiCharacters, bytes: Limits.emojiBytes, "emoji")
    }
    guard change.clearAfter.map({ (1...Limits.customStatusLongest).contains($0) }) != false else {
      throw NodeError(.invalid, "A custom status clears after 1 ms to 30 days.")
    }
    guard await node.show(change) else {
      throw NodeError(
        .tooMany, "That is more than one change of status a second.", hint: "The last of them is shown in a moment.")
    }
    return try await presence(of: member())
  }

  // MARK: - Activity

  func post(kind: String, text: String, room: String?, link: String?) async throws -> ActivityView {
    var cells: [String: Value] = [
      "kind": .text(try Text.kind(kind)), "text": .text(try Text.required(text, bytes: Limits.bodyBytes, "text")),
    ]
    if let room {
      guard let room = RoomID(room) else {
        throw NodeError(
          .invalid, "A room's name has 1 to \(Limits.roomBytes) bytes on one line, without marks of direction.")
      }
      cells["room"] = .text(room.name)
    }
    if let link { cells["link"] = .text(try Text.optional(link, bytes: Limits.linkBytes, "link")) }
    let key = await newKey(try member())
    _ = try await node.write(Draft([RowDraft(Tables.activities, key, cells: cells)]))
    return try await activity(key)
  }

  func activities(room: String?, after: String?, limit: Int) async throws -> Page<ActivityView> {
    let wall = await wall()
    let page = try await ask { try $0.activities(room: room, after: after, limit: limit, wall: wall) }
    return Page(rows: page.rows.map(ActivityView.init), next: page.next)
  }

  func activity(_ key: RowKey) async throws -> ActivityView {
    let wall = await wall()
    guard let record = try await ask({ try $0.activity(key, wall: wall) }) else {
      throw NodeError(.notFound, "There is no such activity.")
    }
    return ActivityView(record)
  }

  // MARK: - The office

  func invite(role: Role, uses: Int, lifetime milliseconds: Int64) async throws -> InviteView {
    guard (1...1_000).contains(uses) else { throw NodeError(.invalid, "An invite has 1 to 1000 uses.") }
    guard (60_000...365 * 86_400_000).contains(milliseconds) else {
      throw NodeError(.invalid, "An invite lasts from a minute to a year.")
    }
    guard role < .owner else { throw NodeError(.invalid, "There is one owner.", hint: "Invite an admin or a member.") }
    let own = node.own
    let membership = await node.look { machine, _ in machine.membership }
    guard let ownRole = membership.device(own)?.role, ownRole >= .admin else {
      throw NodeError(.forbidden, "Only the owner and admins make invites.", hint: "Ask one of them.")
    }
    guard role < ownRole else {
      throw NodeError(
        .forbidden, "An invite is for a role below one's own.", hint: "Invite a member, and make them an admin then.")
    }
    var random = SystemRandomness()
    let key = InviteKey(using: &random)
    let expiry = await wall() + milliseconds
    _ = try await node.claim(
      .invite(Invite(invite: key.invite, role: role, uses: UInt32(uses), expiry: expiry)))
    return InviteView(
      code: code(key, uses: UInt32(uses), expiry: expiry), uses: uses, expires: expiry, role: role)
  }

  func inviteOwnDevice() async throws -> InviteView {
    let own = node.own
    let member = try await member()
    let role = await node.look { machine, _ in machine.membership.device(own)?.role } ?? .guest
    guard role >= .member else {
      throw NodeError(.forbidden, "A guest has one device.", hint: "Ask an admin to make you a member.")
    }
    var random = SystemRandomness()
    let key = InviteKey(using: &random)
    let expiry = await wall() + Limits.linkLifetime
    // The new device tells nobody anything before it has heard what its person decided.
    await node.renewSettings(isNeeded: true)
    node.openLink(key.invite, until: expiry)
    let code = code(key, uses: 1, expiry: expiry, for: member)
    return InviteView(code: code, uses: 1, expires: expiry, role: role, isOwnDevice: true)
  }

  private func code(_ key: InviteKey, uses: UInt32, expiry: Int64, for member: MemberID? = nil) -> String {
    let interfaces = NetworkInterfaces.list().filter { interface == nil || $0.name == interface }
    let all = NetworkInterfaces.endpoints(port: port, of: interfaces).filter { !$0.isLinkLocal }
    let outward = all.filter { !$0.isLoopback }
    let addresses = Array((outward.isEmpty ? all : outward).prefix(Limits.inviteAddresses))
    return InviteCodec.encode(
      InviteCode(secret: key.secret, workspace: id, uses: uses, expiry: expiry, addresses: addresses, member: member))
  }

  func peers() async throws -> [PeerView] {
    let (states, membership) = await node.look { machine, now in (machine.peerStates(at: now), machine.membership) }
    let zones = NetworkInterfaces.names()
    return states.compactMap { state -> PeerView? in
      guard let member = membership.device(state.device)?.member else { return nil }
      return PeerView(
        device: state.device, member: member, state: state.word, endpoint: state.endpoint?.named(zones),
        silence: state.silence, sources: state.sources.map(\.name), clockOffset: state.clockOffset,
        withholds: state.isWithholding, addresses: state.addresses.map { $0.named(zones) })
    }
  }

  func status(digests isAsked: Bool) async throws -> StatusView {
    let (membership, heads, states, shown) = await node.look { machine, now in
      (machine.membership, machine.heads, machine.peerStates(at: now), machine.shown(at: now))
    }
    let names = try await ask { try $0.displayNames() }
    let wall = await wall()
    let (digests, refused, quarantined) = try await ask { store in
      (
        isAsked ? try store.digests(wall: wall) : [], try store.refusedCount(),
        try store.quarantine().reduce(0) { $0 + $1.count }
      )
    }
    return StatusView(
      workspace: id, name: await view().name, device: node.own, member: try await member(), heads: heads.sorted,
      tableDigests: digests, drops: drops().sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) },
      refusedChanges: refused, quarantinedChanges: quarantined, discovery: discovery(),
      liveDevices: states.count(where: \.isHere), knownDevices: states.count,
      here: shown.filter { $0.status != .offline }.map {
        PersonHere(member: $0.member, name: names[$0.member] ?? "", status: $0.status)
      },
      silent: states.filter { !$0.isHere }.compactMap { state in
        membership.device(state.device).map { device in
          SilentDevice(
            device: state.device, member: device.member, name: names[device.member] ?? "", state: state.word,
            silence: state.silence)
        }
      },
      unread: try await unreadCount(), version: Release.version, upSince: upSince, storage: await node.currentTrouble,
      wasSetBack: node.storage.store.wasSetBack, idleSource: idleSource(), notices: try await notices(names))
  }

  func attach() async throws -> any LiveAPI { try await node.makeView() }

  // MARK: - Steps

  func wall() async -> Int64 { await node.look { machine, now in machine.corrected(now) } }

  func newKey(_ member: MemberID) async -> RowKey {
    var random = SystemRandomness()
    return .own(member, RowID(at: await wall(), using: &random))
  }

  func ask<T: Sendable>(_ work: @escaping @Sendable (Store) throws -> T) async throws -> T {
    do {
      return try await node.storage.ask(work)
    } catch let error as StoreError {
      // A closed file is no fault of the disk.
      if await node.hasStopped { throw NodeError(.unavailable, "This node is stopping, or has left the workspace.") }
      throw NodeError(error)
    }
  }
}

extension Workspace.PeerState {
  fileprivate var word: String {
    if isConnected { return "connected" }
    if isHere { return "session" }
    if isDialing { return "dialing" }
    return silence == nil ? "waiting" : "lost"
  }
}

extension ActivityView {
  fileprivate init(_ record: ActivityRecord) {
    self.init(
      key: record.key, member: record.member, kind: record.kind, text: record.text, room: record.room,
      link: record.link, created: record.created)
  }
}
