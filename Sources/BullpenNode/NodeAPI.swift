import BullpenCore
import NIOCore

/// What the local API needs of a node. `Node` is the one implementation; the protocol keeps the web's list of
/// wishes in one place.
public protocol NodeAPI: Sendable {
  /// This device; the same in every workspace.
  var device: DeviceID { get }
  /// Where live things happen: whoever serves views on it saves them the step from one thread to another.
  var loop: any EventLoop { get }
  var workspaces: [WorkspaceView] { get async }
  /// Where what is counted is read.
  var metrics: MetricsBoard { get }
  /// Brings up to date what is not counted as it happens.
  func sampleMetrics() async
  /// First run, door one. Throws `conflict` when the names are bad.
  func startWorkspace(named name: String, memberName: String) async throws -> WorkspaceView
  /// First run, door two. Searches, connects, proves; may take half a minute. Throws `inviteMalformed`,
  /// `inviteRefused` and `unreachable`, the last two with a report of every address that was tried.
  /// - Parameter progress: hears how far it has come, and then makes the answer wait until history is here or stands
  ///   still; nil for an answer as soon as this device is a member. Called on any thread; must not block.
  func join(
    code: String, memberName: String, progress: (@Sendable (JoinProgress) -> Void)?
  ) async throws -> JoinedView
  /// Leaves a workspace and erases what this home keeps of it. Throws `notFound`.
  func leave(_ id: WorkspaceID) async throws
  /// Rebuilds a workspace's database from what can be read of it. Throws `notFound`, and `conflict` where nothing is
  /// wrong with it.
  /// - Parameter force: also where nothing is wrong.
  func repair(_ id: WorkspaceID, force: Bool) async throws -> WorkspaceRepair
  /// The named workspace, or the only one. Throws `notFound`, `noWorkspace`, `removed` with who did it, or why it is shut.
  func workspace(_ id: WorkspaceID?) async throws -> any WorkspaceAPI
}

extension NodeAPI {
  /// Joins without a word in between.
  public func join(code: String, memberName: String) async throws -> JoinedView {
    try await join(code: code, memberName: memberName, progress: nil)
  }
}

public protocol WorkspaceAPI: Sendable {
  var id: WorkspaceID { get }
  func me() async throws -> MemberView
  /// Everybody, former members too.
  func members() async throws -> [MemberView]
  func rename(to name: String) async throws -> MemberView
  /// What the smaller role would take away. Throws as `setRole` does, and `conflict` where it is none; changes nothing.
  func demotion(of member: MemberID, to role: Role) async throws -> DemotionView
  /// Throws `forbidden` for a role that this person may not give that member, `conflict` for the owner.
  /// - Parameter digest: that of the demotion which the person was shown: where another goes by now, this throws `changed`
  ///   and changes nothing. Nil to do it in any case.
  func setRole(of member: MemberID, to role: Role, ifDigest digest: String?) async throws -> MemberView
  /// What would go, and what stays. Throws as `remove` does, and changes nothing.
  func removal(of leaver: Leaver) async throws -> RemovalView
  /// Throws `notFound`, `forbidden`, and `conflict` for oneself, the owner and this device.
  /// - Parameter digest: that of the removal which the person was shown: where another goes by now, this throws `changed`
  ///   and changes nothing. Nil to do it in any case.
  func remove(_ leaver: Leaver, ifDigest digest: String?) async throws -> RemovalView
  /// Names the member to take the owner's place, instead of whoever is named, or takes that back. Throws `forbidden` for
  /// who is not the owner, `conflict` for the owner and guests.
  func setSuccessor(_ member: MemberID, named: Bool) async throws -> MemberView
  /// What this person's taking over would change. Throws as `takeOver` does, and changes nothing.
  func takeover() async throws -> TakeoverView
  /// Makes this node's person the owner. Throws `forbidden` for who is not named.
  func takeOver() async throws -> TakeoverView
  /// The workspace under its name of now.
  func view() async -> WorkspaceView
  /// Throws `forbidden` for who is no admin.
  func renameWorkspace(to name: String) async throws -> WorkspaceView

  func presence() async throws -> [MemberPresence]
  /// Throws `notFound` for who is no member.
  func presence(of member: MemberID) async throws -> MemberPresence
  /// Nil leaves a part as it is. Throws `tooMany` for what comes faster than a status may change: the newest of it is
  /// shown in a moment.
  func setStatus(_ change: PresenceChange) async throws -> MemberPresence

  /// How this person wants to be seen. Only its own devices can read it.
  func presenceSettings() async throws -> PresenceSettingsView
  /// Holds at once: who may hear no longer was told goodbye when it returns. Throws `notFound` and `invalid` for a
  /// contact that is none.
  func setPresenceSettings(_ change: PresenceSettingsChange) async throws -> PresenceSettingsView
  /// Newest first, for as long as the rows live.
  func presenceSettingsHistory(after: String?, limit: Int) async throws -> Page<PresenceSettingsEntry>
  /// For those who have chosen no level. Throws `forbidden` for who is no admin.
  func setDefaultVisibility(_ level: VisibilityLevel) async throws -> PresenceSettingsView
  /// What was counted of how the workspace is used. Throws `forbidden` for who asks about others and is no admin, and
  /// `invalid` for a range that is none, or longer than anything is kept.
  func analytics(_ query: AnalyticsQuery) async throws -> AnalyticsView
  /// Throws `forbidden` for who is no admin.
  func setAnalytics(on isOn: Bool) async throws -> PresenceSettingsView
  /// This person knows what is counted: only now it is. Throws `conflict` where nothing is.
  func noteToldOfAnalytics() async throws -> PresenceSettingsView
  /// Deletes what was counted of this person, for all; how many parts of days there were.
  func eraseAnalytics() async throws -> Int
  func teams() async throws -> [Team]
  /// Teams are for admins to make and change: `forbidden` for others. Throws `conflict` for a name that is taken.
  func makeTeam(named name: String, of members: [MemberID]) async throws -> Team
  /// Nil leaves a part as it is. Throws `notFound`.
  func changeTeam(_ id: TeamID, name: String?, members: [MemberID]?) async throws -> Team
  func setTeam(_ id: TeamID, member: MemberID, belongs: Bool) async throws -> Team
  func removeTeam(_ id: TeamID) async throws

  /// Who points where in a room, oneself included.
  func cursors(in room: RoomID) async -> RoomCursorsView
  /// Takes everybody's cursors out of a room. Throws `forbidden` for who is no admin.
  func clearCursors(in room: RoomID) async throws

  /// Acknowledged means on disk. Throws `notFound` for a recipient that is none, `invalid` for nobody.
  func notify(_ recipients: Recipients, kind: String, title: String, body: String, link: String?) async throws
    -> NotificationView
  /// Lets more people read what this person sent; nobody is left out by it. Throws `forbidden` for others' own.
  func share(_ key: RowKey, with recipients: Recipients) async throws -> NotificationView
  func notifications(unreadOnly: Bool, after: String?, limit: Int) async throws -> Page<NotificationView>
  func notification(_ key: RowKey) async throws -> NotificationView
  func unreadCount() async throws -> Int
  /// `read == false` takes the mark back.
  func mark(_ key: RowKey, read: Bool) async throws -> NotificationView
  /// How many were marked.
  func markAllRead() async throws -> Int

  func post(kind: String, text: String, room: String?, link: String?) async throws -> ActivityView
  func activities(room: String?, after: String?, limit: Int) async throws -> Page<ActivityView>
  func activity(_ key: RowKey) async throws -> ActivityView

  func invite(role: Role, uses: Int, lifetime milliseconds: Int64) async throws -> InviteView
  /// An invite by which this node makes one device a further one of its person's, within an hour and while it runs.
  func inviteOwnDevice() async throws -> InviteView
  func peers() async throws -> [PeerView]
  /// - Parameter digests: whether with the digests of all tables, for which every row is read.
  func status(digests: Bool) async throws -> StatusView
  /// What is kept and passed on and not believed: who wrote it, what it is, when and why.
  func security(after: String?, limit: Int) async throws -> SecurityView
  /// Voids a change that waits for its time, for all and for good.
  func void(_ id: Digest) async throws -> SecurityView
  /// Finds out why somebody is not seen, or joins whoever is finding out the same; takes less than ten seconds. Throws
  /// `notFound` for who never was a member.
  /// - Parameter member: whom to look for; nil for everybody.
  /// - Parameter progress: hears each step, also those before it joined. Called on any thread; must not block.
  func examine(_ member: MemberID?, progress: (@Sendable (ExaminationStep) -> Void)?) async throws -> ExaminationReport
  func examination() async throws -> ExaminationView

  /// A view that is open: a browser tab, or a program on the WebSocket.
  func attach() async throws -> any LiveAPI
}

extension WorkspaceAPI {
  /// All of it.
  public func status() async throws -> StatusView { try await status(digests: true) }
}

/// One open view. It is in rooms, points, types, and hears what happens.
public protocol LiveAPI: Sendable {
  /// Puts the view's person into a room.
  /// - Parameter take: who points where in it now; what happens there later is told later. Called on the node's loop; must
  ///   not block.
  func join(_ room: RoomID, kind: DeviceKind?, _ take: @Sendable ([RoomCursor]) -> Void) async throws
  /// Says with what the person looks at it, whether or not the view is in a room. Throws `notFound` for a view that is
  /// closed.
  func show(_ kind: DeviceKind) async throws
  func leave(_ room: RoomID) async
  /// Nil removes the cursor.
  func moveCursor(in room: RoomID, to position: CursorPosition?) async
  func type(in room: RoomID?) async
  /// The person did something there: who does nothing anywhere for a while is shown as idle.
  func noteInput() async
  /// Hands over what happens as it happens, for as long as nothing waits in `publications`; what is not taken waits
  /// there. At most one listens.
  /// - Parameter take: whether it was taken. Called on the node's loop; must not block.
  func listen(_ take: @escaping @Sendable (Publication) -> Bool)
  /// What happens, in order. Bounded: of a cursor or a presence only the newest waits, and a view that falls
  /// behind in anything else gets `.connections` and `.members` and `.rows` of all tables, and reads afresh.
  /// Ends when `detach` is called or the node stops.
  var publications: any AsyncSequence<Publication, Never> & Sendable { get }
  func detach() async
}

extension LiveAPI {
  /// Comes in without a look at who points where.
  public func join(_ room: RoomID, kind: DeviceKind?) async throws { try await join(room, kind: kind) { _ in } }
}

extension WorkspaceAPI {
  /// Gives the role, whatever goes by it.
  public func setRole(of member: MemberID, to role: Role) async throws -> MemberView {
    try await setRole(of: member, to: role, ifDigest: nil)
  }

  /// Removes, whatever goes by it.
  public func remove(_ leaver: Leaver) async throws -> RemovalView { try await remove(leaver, ifDigest: nil) }
}
