/// What the shell must do, in the order given.
public enum Effect: Sendable {
  // MARK: Peers
  case dial(DialID, [Endpoint], expecting: DeviceID?)
  case send(ConnectionID, PeerMessage)
  case close(ConnectionID)
  /// Receive datagrams of this device under this id and key. An earlier session of the device lives on for a
  /// while, for what is under way.
  case listenForDatagrams(from: DeviceID, DatagramConnectionID, key: Bytes32)
  /// Send datagrams for this device there.
  case aimDatagrams(at: DeviceID, Endpoint, DatagramConnectionID, key: Bytes32)
  /// The device is no member any more, or we stop.
  case forgetDatagrams(DeviceID)
  case sendDatagram(DatagramBody, to: [DeviceID])
  /// A device was reached there: worth remembering over a restart.
  case remember(DeviceID, Endpoint)
  /// What the person said of itself, for the next run.
  case keepStatus(KeptStatus)

  // MARK: The disk
  case commit(RequestID, Draft, wall: Int64)
  case state(RequestID, Statement.Claim, wall: Int64)
  /// Segments from a peer. What was over by the time that is certain may be missing from them. Those that are awaited
  /// were asked of this peer, and so are worth proving before their turn; others the disk may well do without.
  case apply(ConnectionID, [Segment], wall: Int64, certain: Int64, isAwaited: Bool)
  case admit([Verified<ProvedStatement>], wall: Int64)
  case read(ConnectionID, LogRange, bytes: Int)
  /// Say which of these heads are on some branch that is here; the connection is that of the peer who told of them.
  case find([LogHead], of: ConnectionID?)
  /// Changes that waited for time to catch up may be materialised. Where others agree on the time, those that were
  /// believed too early are taken back. Answered by `applied`.
  case releaseQuarantine(wall: Int64, isAgreed: Bool)
  /// What was dead by this time, which has come for certain, may go: rows, payloads and the beginnings of passing logs.
  case forget(wall: Int64)
  /// This device owes its member a key, or what was sealed to it alone. Answered by `applied`.
  case keepKeys(wall: Int64)

  /// When devices were seen last: worth keeping over a restart.
  case keepSightings([LastSeen])

  // MARK: The person
  case publish(Publication)
  /// Only for this view: who points where in the room that it joined.
  case cursors(ViewID, RoomID, [RoomCursor])
  case answer(RequestID, Result<CommitOutcome, CommitFailure>)
}
