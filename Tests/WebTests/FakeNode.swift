import BullpenCore
import NIOCore
import NIOPosix
import Synchronization

@testable import BullpenNode

/// A node in memory: it keeps what it is told, and refuses what a real one refuses.
final class FakeNode: NodeAPI {
  let device = DeviceID(Bytes32(Array(repeating: 0x7d, count: 32))!)
  let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
  let metrics = MetricsBoard()
  let office: FakeWorkspace
  private let isJoined: Mutex<Bool>

  init(isJoined: Bool = true) {
    office = FakeWorkspace(device: device)
    self.isJoined = Mutex(isJoined)
  }

  private var view: WorkspaceView { WorkspaceView(id: office.id, name: "Harbour Desk Seven") }

  var workspaces: [WorkspaceView] { get async { isJoined.withLock { $0 } ? [view] : [] } }

  func sampleMetrics() async {}

  func startWorkspace(named name: String, memberName: String) async throws -> WorkspaceView {
    isJoined.withLock { $0 = true }
    return WorkspaceView(id: office.id, name: name)
  }

  func join(
    code: String, memberName: String, progress: (@Sendable (JoinProgress) -> Void)?
  ) async throws -> JoinedView {
    guard code.hasPrefix("bullpen1") else { throw NodeError(.inviteMalformed, "This is not an invite.") }
    guard !code.hasSuffix("spent") else { throw NodeError(.inviteRefused, "This invite is used up.") }
    let endpoint = Endpoint(address: [192, 0, 2, 7], port: 4781)!
    progress?(.searching(addresses: 1))
    progress?(.trying(endpoint, .invite))
    guard !code.hasSuffix("alone") else { throw Self.alone(endpoint, progress) }
    progress?(.reached(endpoint))
    progress?(.proving(endpoint))
    progress?(.admitted(endpoint))
    progress?(.fetching(have: 310, total: 1_240))
    isJoined.withLock { $0 = true }
    return JoinedView(workspace: view, notice: code.hasSuffix("late") ? "A colleague's clock is wrong." : nil)
  }

  /// A machine that is awake and does not answer.
  private static func alone(_ endpoint: Endpoint, _ progress: (@Sendable (JoinProgress) -> Void)?) -> NodeError {
    let subnet = Subnet(interface: "eth0", address: [192, 0, 2, 9], prefix: 24)!
    let attempt = JoinAttempt(
      endpoint, .invite, .timedOut, facts: JoinFacts(subnets: [subnet], neighbour: .answers))
    var ledger = JoinLedger()
    if ledger.note(attempt) { progress?(.failed(attempt)) }
    let report = JoinReport(ledger, expiry: .max, at: Instant(boot: 0, wall: 1_763_700_000_000))
    return NodeError(.unreachable, report.summary.detail, hint: report.summary.hint, report: report)
  }

  func repair(_ id: WorkspaceID, force: Bool) async throws -> WorkspaceRepair {
    guard id == office.id else { throw NodeError(.notFound, "This node is in no workspace of that id.") }
    guard force else { throw NodeError(.conflict, "Nothing is wrong with this workspace's database.") }
    return FakeWorkspace.repair
  }

  func leave(_ id: WorkspaceID) async throws { isJoined.withLock { $0 = false } }

  func workspace(_ id: WorkspaceID?) async throws -> any WorkspaceAPI {
    guard isJoined.withLock({ $0 }) else {
      throw NodeError(.noWorkspace, "This node is in no workspace yet.", hint: "Start one or join one.")
    }
    guard id == nil || id == office.id else { throw NodeError(.notFound, "This node is not in that workspace.") }
    return office
  }
}

final class FakeWorkspace: WorkspaceAPI {
  static var repair: WorkspaceRepair {
    var repair = WorkspaceRepair()
    repair.aside = "/home/ada/.local/share/bullpen/workspaces/51c0ffee/bullpen.sqlite.damaged-20251121T044000Z"
    repair.entries = 1_240
    repair.statements = 4
    let log = LogID(device: bobsDevice, incarnation: Incarnation(.zero), kind: .passing)
    repair.waiting = [.init(log, name: "Bob Underwood's passing log (device 0e1d2c3b)", entries: 16, known: 40)]
    repair.isNewIncarnation = true
    repair.knowsItself = true
    repair.peers = 2
    return repair
  }

  struct State {
    var name = "Ada Quill"
    var workspaceName = "Harbour Desk Seven"
    var bobsRole: Role? = .member
    var isBobNamed = false
    var isOwner = true
    var status = Status.online
    var customStatus = ""
    var customEmoji = ""
    var notifications: [NotificationView] = []
    var activities: [ActivityView] = []
    var views: [FakeLive] = []
    var typed: [RoomID?] = []
    var kinds: [DeviceKind] = []
    /// What the view that said so last says of the device while it is open.
    var kind: (name: DeviceKind, view: ObjectIdentifier)?
    var minted: UInt64 = 0
    var settings = PresenceSettings()
    var usual = VisibilityLevel.team
    var history: [PresenceSettingsEntry] = []
    var teams: [Team] = []
    var analytics = AnalyticsState()
    var isErased = false
    /// The rooms of this device, with its cursor in each.
    var rooms: [RoomID: CursorPosition?] = [:]
    var mayClear = true
    /// Done whenever everybody's presence has been read, before the answer.
    var whenRead: (@Sendable () -> Void)?
    /// Done as soon as a view has come into a room.
    var whenJoined: (@Sendable () -> Void)?
  }

  static let ada = MemberID(Bytes16(Array(repeating: 0x8e, count: 16))!)
  static let bob = MemberID(Bytes16(Array(repeating: 0x0b, count: 16))!)
  static let bobsDevice = DeviceID(Bytes32(Array(repeating: 0x0e, count: 32))!)
  static let bobsTablet = DeviceID(Bytes32(Array(repeating: 0x0f, count: 32))!)

  let id = WorkspaceID(Bytes32(Array(repeating: 0x51, count: 32))!)
  let device: DeviceID
  let state = Mutex(State())
  /// Views attached, views detached, cursors moved and activities looked up so far.
  let attached = Tally(), detached = Tally(), moved = Tally(), looked = Tally(), typedOnce = Tally()

  init(device: DeviceID) { self.device = device }

  func me() async throws -> MemberView { member(Self.ada) }

  func members() async throws -> [MemberView] { [member(Self.bob), member(Self.ada)] }

  private func member(_ id: MemberID) -> MemberView {
    guard id != Self.ada else {
      return MemberView(
        id: id, name: state.withLock { $0.name }, role: state.withLock { $0.isOwner } ? .owner : .admin,
        devices: [device], isSelf: true, colour: 4)
    }
    let role = state.withLock { $0.bobsRole }
    return MemberView(
      id: id, name: "Bob Underwood", role: role ?? .member, devices: role == nil ? [] : [Self.bobsDevice],
      isSelf: false, colour: 6, assignableRoles: [.guest, .member, .admin].filter { role != nil && $0 != role },
      isRemovable: role != nil, isSuccessor: state.withLock { $0.isBobNamed }, isNameable: role ?? .guest > .guest,
      isFormer: role == nil)
  }

  func setSuccessor(_ member: MemberID, named: Bool) async throws -> MemberView {
    guard member == Self.bob else { throw NodeError(.conflict, "You are the owner.") }
    state.withLock { $0.isBobNamed = named }
    return self.member(member)
  }

  func takeover() async throws -> TakeoverView {
    guard !state.withLock({ $0.isOwner }) else { throw NodeError(.conflict, "You are the owner already.") }
    return TakeoverView(owner: Self.bob, kept: 42, alsoRemoved: [], alsoDemoted: [], lastHeard: 1_763_700_000_000)
  }

  func takeOver() async throws -> TakeoverView {
    let takeover = try await takeover()
    state.withLock { $0.isOwner = true }
    return takeover
  }

  func demotion(of member: MemberID, to role: Role) async throws -> DemotionView {
    guard member == Self.bob, let bobsRole = state.withLock({ $0.bobsRole }), role < bobsRole else {
      throw NodeError(.conflict, "This role takes nothing away from them.")
    }
    return DemotionView(
      member: member, from: bobsRole, role: role, alsoCut: [], alsoRemoved: [], alsoDemoted: [], endedInvites: 1,
      lastHeard: 1_763_700_000_000)
  }

  func setRole(of member: MemberID, to role: Role, ifDigest digest: String?) async throws -> MemberView {
    guard member != Self.ada else { throw NodeError(.conflict, "The owner's role stays.") }
    guard member == Self.bob else { throw NodeError(.notFound, "Nobody here has this id.") }
    if let digest, try await demotion(of: member, to: role).digest != digest { throw NodeError.changed }
    state.withLock { $0.bobsRole = role }
    return self.member(member)
  }

  func removal(of leaver: Leaver) async throws -> RemovalView {
    switch leaver {
    case .member(Self.bob), .device(Self.bobsDevice):
      return RemovalView(
        member: Self.bob, devices: [Self.bobsDevice], isLast: true, kept: 42, alsoCut: [Self.bobsTablet],
        alsoRemoved: [], alsoDemoted: [], endedInvites: 1, lastHeard: 1_763_700_000_000)
    case .member(Self.ada), .device(device): throw NodeError(.conflict, "You cannot remove yourself.")
    default: throw NodeError(.notFound, "Nobody here has this id.")
    }
  }

  func remove(_ leaver: Leaver, ifDigest digest: String?) async throws -> RemovalView {
    let removal = try await removal(of: leaver)
    guard digest == nil || digest == removal.digest else { throw NodeError.changed }
    state.withLock { $0.bobsRole = nil }
    return removal
  }

  func view() async -> WorkspaceView { WorkspaceView(id: id, name: state.withLock { $0.workspaceName }) }

  func renameWorkspace(to name: String) async throws -> WorkspaceView {
    state.withLock { $0.workspaceName = name }
    return await view()
  }

  func rename(to name: String) async throws -> MemberView {
    state.withLock { $0.name = name }
    return member(Self.ada)
  }

  func presence() async throws -> [MemberPresence] {
    let whole = [try await presence(of: Self.ada), try await presence(of: Self.bob)]
    state.withLock { $0.whenRead }?()
    return whole
  }

  func presence(of id: MemberID) async throws -> MemberPresence {
    guard [Self.ada, Self.bob].contains(id) else { throw NodeError(.notFound, "Nobody here has this id.") }
    return state.withLock { state in
      MemberPresence(
        member: id, status: id == Self.ada ? state.status : .online,
        customStatus: id == Self.ada ? state.customStatus : "", customEmoji: id == Self.ada ? state.customEmoji : "",
        rooms: [RoomID("page:/plan")!], typing: nil,
        page: RoomID("page:/plan"),
        devices: [
          MemberPresence.Device(device: device, kind: .desktop, status: .online, rooms: [RoomID("page:/plan")!])
        ], lastSeen: 1_763_700_000_000, silentFor: nil, colour: 4,
        sightings: [
          LastSeen(
            device: Self.bobsDevice, since: 1_763_694_600_000, last: 1_763_700_000_000, page: RoomID("page:/plan"),
            activity: .typing, witness: Self.bob)
        ])
    }
  }

  func setStatus(_ change: PresenceChange) async throws -> MemberPresence {
    if change.customStatus == "too fast" { throw NodeError(.tooMany, "Once a second.") }
    state.withLock { state in
      state.status = change.status ?? state.status
      state.customStatus = change.customStatus ?? state.customStatus
      state.customEmoji = change.customEmoji ?? state.customEmoji
    }
    return try await presence(of: Self.ada)
  }

  func cursors(in room: RoomID) async -> RoomCursorsView {
    let mine = state.withLock { $0.rooms[room] }
    let cursor = mine?.map { RoomCursor(room: room, member: Self.ada, device: device, position: $0) }
    return RoomCursorsView(isIn: mine != nil, cursors: cursor.map { [$0] } ?? [])
  }

  func clearCursors(in room: RoomID) async throws {
    guard state.withLock({ $0.mayClear }) else { throw NodeError(.forbidden, "Only admins do.") }
    state.withLock { if $0.rooms[room] != nil { $0.rooms[room] = .some(nil) } }
    publish(.cursorRemoved(room: room, member: Self.bob, device: Self.bobsDevice))
  }

  func newKey(by member: MemberID) -> RowKey {
    state.withLock { state in
      state.minted += 1
      return .own(member, RowID(Bytes16(UInt64(1).bigEndianBytes + state.minted.bigEndianBytes)!))
    }
  }

  func notify(
    _ recipients: Recipients, kind: String, title: String, body: String, link: String?
  ) async throws -> NotificationView {
    let audience = try resolve(recipients)
    let made = NotificationView(
      key: newKey(by: Self.ada), sender: Self.ada, recipients: audience, kind: kind, title: title, body: body,
      link: link, created: 1_763_700_000_000, readAt: nil, archivedAt: nil, isMine: audience.contains(Self.ada))
    state.withLock { $0.notifications.insert(made, at: 0) }
    return made
  }

  func share(_ key: RowKey, with recipients: Recipients) async throws -> NotificationView {
    let audience = try resolve(recipients)
    return try state.withLock { state in
      guard let place = state.notifications.firstIndex(where: { $0.key == key }) else {
        throw NodeError(.notFound, "There is no such notification.")
      }
      state.notifications[place].recipients += audience.filter { !state.notifications[place].recipients.contains($0) }
      return state.notifications[place]
    }
  }

  /// A change that waits for its time.
  static let waits = Digest(Bytes32([UInt8](repeating: 0x5a, count: 32))!)

  func security(after: String?, limit: Int) async throws -> SecurityView {
    let log = LogID(
      device: try await members().first { $0.id == Self.bob }?.devices.first ?? DeviceID(Bytes32.zero),
      incarnation: Incarnation(Bytes16.zero), kind: .lasting)
    let entry = SecurityEntry(
      kind: .refused, member: Self.bob, log: log, sequence: 12, reason: "author", table: "settings", owner: Self.ada,
      stamped: 1_763_700_000_000, noticed: 1_763_700_000_200, detail: "Bob wrote a setting of Ada's.", hint: "Ask him.")
    var later = entry
    (later.kind, later.reason, later.noticed) = (.waiting, nil, nil)
    (later.id, later.isVoidable) = (Self.waits, true)
    return SecurityView(waiting: [later], refused: try page([entry], after: after, limit: limit))
  }

  func void(_ id: Digest) async throws -> SecurityView {
    guard id == Self.waits else { throw NodeError(.notFound, "No change that waits for its time has this id.") }
    var view = try await security(after: nil, limit: 50)
    view.waiting = []
    return view
  }

  private func resolve(_ recipients: Recipients) throws -> [MemberID] {
    let teams = state.withLock { $0.teams }
    var audience = recipients.members
    audience += recipients.teams.flatMap { id in teams.first { $0.id == id }?.members ?? [] }
    if recipients.roles.contains(.member) { audience.append(Self.bob) }
    guard audience.allSatisfy({ [Self.ada, Self.bob].contains($0) }) else {
      throw NodeError(.invalid, "A recipient is no member.")
    }
    return audience
  }

  func notifications(unreadOnly: Bool, after: String?, limit: Int) async throws -> Page<NotificationView> {
    let all = state.withLock { $0.notifications }.filter { !unreadOnly || ($0.isMine && $0.readAt == nil) }
    return try page(all, after: after, limit: limit)
  }

  private func page<Row>(_ rows: [Row], after: String?, limit: Int) throws -> Page<Row> {
    guard let start = Int(after ?? "0") else { throw NodeError(.invalid, "This cursor is not one of ours.") }
    let end = min(start + limit, rows.count)
    return Page(rows: Array(rows[min(start, end)..<end]), next: end < rows.count ? String(end) : nil)
  }

  func notification(_ key: RowKey) async throws -> NotificationView {
    guard let found = state.withLock({ $0.notifications.first { $0.key == key } }) else {
      throw NodeError(.notFound, "There is no such notification.")
    }
    return found
  }

  func unreadCount() async throws -> Int {
    state.withLock { $0.notifications.count { $0.isMine && $0.readAt == nil } }
  }

  func mark(_ key: RowKey, read: Bool) async throws -> NotificationView {
    let known = try await notification(key)
    guard known.isMine else { throw NodeError(.forbidden, "Only a recipient may mark it.") }
    return state.withLock { state in
      let place = state.notifications.firstIndex { $0.key == key }!
      state.notifications[place].readAt = read ? 1_763_700_001_000 : nil
      return state.notifications[place]
    }
  }

  func markAllRead() async throws -> Int {
    let unread = try await unreadCount()
    state.withLock { state in
      for place in state.notifications.indices { state.notifications[place].readAt = 1_763_700_001_000 }
    }
    return unread
  }

  func post(kind: String, text: String, room: String?, link: String?) async throws -> ActivityView {
    let made = ActivityView(
      key: newKey(by: Self.ada), member: Self.ada, kind: kind, text: text, room: room, link: link,
      created: 1_763_700_000_000)
    state.withLock { $0.activities.insert(made, at: 0) }
    return made
  }

  func activities(room: String?, after: String?, limit: Int) async throws -> Page<ActivityView> {
    try page(
      state.withLock { $0.activities }.filter { room == nil || $0.room == room }, after: after, limit: limit)
  }

  func activity(_ key: RowKey) async throws -> ActivityView {
    defer { looked.add() }
    guard let found = state.withLock({ $0.activities.first { $0.key == key } }) else {
      throw NodeError(.notFound, "There is no such activity.")
    }
    return found
  }

  func invite(role: Role, uses: Int, lifetime: Int64) async throws -> InviteView {
    InviteView(code: "bullpen1abc", uses: uses, expires: 1_763_700_000_000 + lifetime, role: role)
  }

  func inviteOwnDevice() async throws -> InviteView {
    InviteView(code: "bullpen1own", uses: 1, expires: 1_763_703_600_000, role: .owner, isOwnDevice: true)
  }

  func peers() async throws -> [PeerView] {
    [
      PeerView(
        device: Self.bobsDevice, member: Self.bob, state: "connected",
        endpoint: Endpoint(address: [192, 0, 2, 7], port: 4781), silence: 640, sources: ["mdns"], clockOffset: -12,
        addresses: [
          AddressBook.NamedEndpoint(
            endpoint: Endpoint(address: [192, 0, 2, 7], port: 4781)!, sources: [.mdns, .remembered])
        ])
    ]
  }

  func status(digests: Bool) async throws -> StatusView {
    StatusView(
      workspace: id, name: "Harbour Desk Seven", device: device, member: Self.ada,
      heads: [
        (
          log: LogID(device: device, incarnation: Incarnation(.zero), kind: .lasting),
          head: Head(sequence: 12, digest: .zero)
        )
      ], tableDigests: digests ? [("activities", .zero)] : [], drops: [(.replay, 4)], refusedChanges: 0,
      quarantinedChanges: 0,
      discovery: "off", liveDevices: 1, knownDevices: 2,
      here: [PersonHere(member: Self.ada, name: "Ada Quill", status: .online)],
      silent: [
        SilentDevice(
          device: Self.bobsDevice, member: Self.bob, name: "Bob Underwood", state: "lost", silence: 40_000)
      ], unread: try await unreadCount(), version: Release.version, upSince: 1_763_700_000_000,
      idleSource: .mutter,
      notices: [
        NodeNotice(
          kind: .clock, device: Self.bobsDevice, member: Self.bob,
          detail: "Bob Underwood's clock is 24 h ahead of those of the others.", hint: "Ask them to set it.")
      ])
  }

  func attach() async throws -> any LiveAPI {
    let live = FakeLive(self)
    state.withLock { $0.views.append(live) }
    attached.add()
    return live
  }

  /// Tells all views, as the node does.
  func publish(_ publication: Publication) {
    for view in state.withLock({ $0.views }) { view.tell(publication) }
  }
}

final class FakeLive: LiveAPI {
  private let workspace: FakeWorkspace
  private let stream: AsyncStream<Publication>
  private let continuation: AsyncStream<Publication>.Continuation
  private let listener = Mutex<(@Sendable (Publication) -> Bool)?>(nil)

  init(_ workspace: FakeWorkspace) {
    self.workspace = workspace
    (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(10_000))
  }

  func tell(_ publication: Publication) {
    if listener.withLock({ $0 })?(publication) != true { continuation.yield(publication) }
  }

  func listen(_ take: @escaping @Sendable (Publication) -> Bool) { listener.withLock { $0 = take } }

  func join(_ room: RoomID, kind: DeviceKind?, _ take: @Sendable ([RoomCursor]) -> Void) async throws {
    workspace.state.withLock { if $0.rooms[room] == nil { $0.rooms[room] = .some(nil) } }
    take([
      RoomCursor(
        room: room, member: FakeWorkspace.bob, device: FakeWorkspace.bobsDevice,
        position: CursorPosition(line: 3, column: 0))
    ])
    workspace.state.withLock { $0.whenJoined }?()
  }

  func show(_ kind: DeviceKind) async throws {
    workspace.state.withLock {
      $0.kinds.append(kind)
      $0.kind = (kind, ObjectIdentifier(self))
    }
  }

  func leave(_ room: RoomID) async { workspace.state.withLock { $0.rooms[room] = nil } }

  /// The node tells the person's other views; here all of them.
  func moveCursor(in room: RoomID, to position: CursorPosition?) async {
    workspace.state.withLock { $0.rooms[room] = .some(position) }
    if let position {
      workspace.publish(
        .cursor(RoomCursor(room: room, member: FakeWorkspace.ada, device: workspace.device, position: position)))
    } else {
      workspace.publish(.cursorRemoved(room: room, member: FakeWorkspace.ada, device: workspace.device))
    }
    workspace.moved.add()
  }

  func type(in room: RoomID?) async {
    workspace.state.withLock { $0.typed.append(room) }
    workspace.typedOnce.add()
  }

  func noteInput() async { workspace.moved.add() }

  var publications: any AsyncSequence<Publication, Never> & Sendable { stream }

  func detach() async {
    continuation.finish()
    workspace.state.withLock { if $0.kind?.view == ObjectIdentifier(self) { $0.kind = nil } }
    workspace.detached.add()
  }
}

/// Counts, and lets a test wait for a count.
final class Tally: Sendable {
  private let state = Mutex<(count: Int, waiting: [(Int, CheckedContinuation<Void, Never>)])>((0, []))

  var count: Int { state.withLock { $0.count } }

  func add() {
    let woken = state.withLock { state in
      state.count += 1
      let woken = state.waiting.filter { $0.0 <= state.count }
      state.waiting.removeAll { $0.0 <= state.count }
      return woken
    }
    for (_, continuation) in woken { continuation.resume() }
  }

  func wait(for count: Int) async {
    await withCheckedContinuation { continuation in
      let isDone = state.withLock { state in
        if state.count < count { state.waiting.append((count, continuation)) }
        return state.count >= count
      }
      if isDone { continuation.resume() }
    }
  }
}
