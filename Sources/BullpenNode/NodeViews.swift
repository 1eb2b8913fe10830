import BullpenCore

// What a node tells programs about itself and its workspaces: plain values, ready to be encoded.

/// A person of the workspace.
public struct MemberView: Hashable, Sendable {
  public var id: MemberID
  /// Empty until the member's own name has arrived.
  public var name: String
  public var role: Role
  public var devices: [DeviceID]
  public var isSelf: Bool
  /// Place in the palette of ten, 0–9.
  public var colour: Int
  /// The roles that this node's person may give in place of the one there is, in ascending order.
  public var assignableRoles: [Role] = []
  /// Whether this node's person may remove the member.
  public var isRemovable = false
  /// Whether the owner has named the member to take over.
  public var isSuccessor = false
  /// Whether this node's person, being the owner, may name the member.
  public var isNameable = false
  /// Whether no device of the member is left: what the member wrote stays under the name.
  public var isFormer = false
  /// Whether the member came in by an invite of which nothing was left, as two who let people in at once may allow. Told to
  /// the owner and admins alone.
  public var isSurplus = false
}

/// A person or a machine that is to go.
public enum Leaver: Hashable, Sendable {
  case member(MemberID)
  case device(DeviceID)
}

/// What a removal takes away, told before it is made.
public struct RemovalView: Hashable, Sendable {
  public var member: MemberID
  /// The devices that are cut, in ascending order.
  public var devices: [DeviceID]
  /// Whether the member goes with them.
  public var isLast: Bool
  /// Entries of the devices' logs that this node knows: they stand.
  public var kept: UInt64
  /// Devices that go too, because of what they stand on, of those who stay and of the member; in ascending order.
  public var alsoCut: [DeviceID]
  /// Other members who go too, because of what they stand on.
  public var alsoRemoved: [MemberID]
  /// Members who stay with less than they had.
  public var alsoDemoted: [MemberID]
  /// Invites that let people in until now and end with it.
  public var endedInvites: Int
  /// When a device was heard last, Unix milliseconds; nil when never. What was written after it and reached nobody is
  /// lost.
  public var lastHeard: Int64?
}

/// What a smaller role takes away, told before it is given. What was done with the greater one, and reached somebody,
/// stands.
public struct DemotionView: Hashable, Sendable {
  public var member: MemberID
  /// The role until now.
  public var from: Role
  public var role: Role
  /// Devices that go, because of what they stand on, of those who stay and of the member; in ascending order.
  public var alsoCut: [DeviceID]
  /// Members who go, because of what they stand on.
  public var alsoRemoved: [MemberID]
  /// Other members who stay with less than they had.
  public var alsoDemoted: [MemberID]
  /// Invites that let people in until now and end with it.
  public var endedInvites: Int
  /// When a device of the member was heard last, Unix milliseconds; nil when never. What was done with the role after it
  /// and reached nobody does not count.
  public var lastHeard: Int64?
}

/// What a takeover changes, told before it is made.
public struct TakeoverView: Hashable, Sendable {
  /// Who is the owner until then, and an admin afterwards.
  public var owner: MemberID
  /// Entries of the owner's logs that this node knows: they stand as the owner's.
  public var kept: UInt64
  /// Members who go, because of what they stand on.
  public var alsoRemoved: [MemberID]
  /// Others than the owner who stay with less than they had.
  public var alsoDemoted: [MemberID]
  /// When the owner was heard last, Unix milliseconds; nil when never.
  public var lastHeard: Int64?
}

/// A notification that this node's person sent or may read.
public struct NotificationView: Hashable, Sendable {
  /// The row's key as hexadecimal text; the id that the API speaks of.
  public var key: RowKey
  public var sender: MemberID
  public var recipients: [MemberID]
  public var kind: String
  public var title: String
  public var body: String
  public var link: String?
  /// Unix milliseconds, from the key.
  public var created: Int64
  /// Unix milliseconds; nil while unread, or where this node's person is the sender only.
  public var readAt: Int64?
  public var archivedAt: Int64?
  /// Whether this node's person is among the recipients.
  public var isMine: Bool
}

public struct ActivityView: Hashable, Sendable {
  public var key: RowKey
  public var member: MemberID
  public var kind: String
  public var text: String
  public var room: String?
  public var link: String?
  public var created: Int64
}

/// One page of rows, newest first.
public struct Page<Row: Sendable>: Sendable {
  public var rows: [Row]
  /// Opaque; nil on the last page.
  public var next: String?
}

/// The cursors of one room.
public struct RoomCursorsView: Hashable, Sendable {
  /// Whether this device is in the room: else nobody tells it who points where.
  public var isIn: Bool
  /// In ascending order of device.
  public var cursors: [RoomCursor]
}

/// Another device, as this node sees it.
public struct PeerView: Hashable, Sendable {
  public var device: DeviceID
  public var member: MemberID
  /// `connected`, `session` (datagrams only), `dialing`, `waiting` or `lost`.
  public var state: String
  public var endpoint: Endpoint?
  /// Milliseconds since anything that the peer proved was heard; nil when never.
  public var silence: Int64?
  /// Which rungs named an address: `mdns`, `remembered`, `given`, `exchange`.
  public var sources: [String]
  /// The peer's clock minus ours, in milliseconds, when known.
  public var clockOffset: Int64?
  /// It keeps falling short of what it announced, and others are asked in its place.
  public var withholds = false
  /// Every address that is known of it, newest first, with what named it.
  public var addresses: [AddressBook.NamedEndpoint] = []
}

/// A node's state in one workspace.
public struct StatusView: Sendable {
  public var workspace: WorkspaceID
  public var name: String
  public var device: DeviceID
  public var member: MemberID
  public var heads: [(log: LogID, head: Head)]
  /// By table name, over the carried form.
  public var tableDigests: [(table: String, digest: Digest)]
  public var drops: [(reason: DropReason, count: Int)]
  /// Changes kept but not materialised, by why.
  public var refusedChanges: Int
  public var quarantinedChanges: Int
  public var discovery: String
  /// Devices with a live session, of all other devices of the workspace.
  public var liveDevices: Int
  public var knownDevices: Int
  /// Who is not offline, oneself included.
  public var here: [PersonHere]
  /// The known devices that are not live.
  public var silent: [SilentDevice]
  /// Notifications that this node's person has not read.
  public var unread: Int
  /// As `Release.version`.
  public var version: String
  /// When the node began, in Unix milliseconds by this machine's clock.
  public var upSince: Int64
  /// Why nothing can be written now; nil where all is well.
  public var storage: StorageTrouble?
  /// Whether the end of what this device had written was missing when the node began: it comes back from others.
  public var wasSetBack = false
  /// Which part of the desktop says whether anybody is here; nil where only the views do.
  public var idleSource: DesktopReading.Source?
  /// What is wrong with others, or with this machine's clock, and what to do.
  public var notices: [NodeNotice] = []
}

/// Something that a person should know of.
public struct NodeNotice: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable { case clock, withholding, twin, fork, recovery }
  public var kind: Kind
  /// Whose device it is about; this machine's own where it is to blame.
  public var device: DeviceID
  public var member: MemberID
  public var detail: String
  public var hint: String
}

/// A member who can be reached now.
public struct PersonHere: Hashable, Sendable {
  public var member: MemberID
  public var name: String
  public var status: Status
}

/// A device from which nothing is heard.
public struct SilentDevice: Hashable, Sendable {
  public var device: DeviceID
  public var member: MemberID
  /// The member's.
  public var name: String
  /// As in `PeerView`.
  public var state: String
  /// Milliseconds since it was heard; nil when never, or not since this node began.
  public var silence: Int64?
}

/// A new invite. The code holds the secret: it is shown once.
public struct InviteView: Hashable, Sendable {
  public var code: String
  public var uses: Int
  /// Unix milliseconds.
  public var expires: Int64
  public var role: Role
  /// Whether it makes a further device of this node's person, rather than a new member.
  public var isOwnDevice = false
}

public struct WorkspaceView: Hashable, Sendable {
  public var id: WorkspaceID
  public var name: String
  /// Whether this device was cut there.
  public var isRemoved = false
  /// Why the workspace is shut on this node; nil where it is open.
  public var trouble: NodeError?
}

/// This device has become a member.
public struct JoinedView: Hashable, Sendable {
  public var workspace: WorkspaceView
  /// What the person should know, such as that a clock is wrong; nil where there is nothing.
  public var notice: String?
}
