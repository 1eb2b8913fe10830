import BullpenCore
import BullpenWire

/// One fixed value of every kind that is written down, by its name in the vectors.
enum Samples {
  static func bytes(_ byte: UInt8, _ count: Int) -> [UInt8] { [UInt8](repeating: byte, count: count) }
  static func id32<ID: Identifier>(_ byte: UInt8) -> ID where ID.Raw == Bytes32 { ID(bytes: bytes(byte, 32))! }
  static func id16<ID: Identifier>(_ byte: UInt8) -> ID where ID.Raw == Bytes16 { ID(bytes: bytes(byte, 16))! }
  static func signature(_ byte: UInt8) -> Signature { Signature(bytes: bytes(byte, 64))! }
  static func room(_ name: String) -> RoomID { RoomID(name)! }

  static let log = LogID(device: id32(0xd1), incarnation: id16(0x1c), kind: .passing)
  static let head = LogHead(log: log, head: Head(sequence: 300, digest: id32(0x99)))
  static let kept = KeptLog(log: log, head: head.head, statement: id32(0x5c))
  static let proof = InviteProof(invite: id32(0x10), signature: signature(0x11))
  static let signed = SignedStatement(body: [1, 2, 3], signature: signature(0x55))
  static let version = PresenceVersion(session: 1_700_000_000_000, counter: 7)
  static let segment = Segment(
    log: log, first: 2, previous: id32(0x22),
    entries: [
      Entry(time: HybridTime(milliseconds: 1_700_000_000_000, counter: 3), expiry: 0, payload: .present([0xaa, 0xbb])),
      Entry(
        time: HybridTime(milliseconds: 1_700_000_000_001, counter: 0), expiry: 1_707_776_000_000,
        payload: .absent(id32(0x44))),
    ], signature: signature(0x66))

  static func statement(_ claim: Statement.Claim, in workspace: WorkspaceID? = id32(0x57)) -> Statement {
    Statement(
      workspace: workspace, signer: id32(0xd1), incarnation: id16(0x1c), sequence: 2,
      previous: workspace == nil ? nil : id32(0x5b), time: HybridTime(milliseconds: 1_700_000_000_000, counter: 1),
      claim: claim)
  }

  static let statements: [(String, Statement)] = [
    (
      "statement.genesis",
      statement(.genesis(Genesis(name: "Office", member: id32(0x3e), nonce: id32(0x4f))), in: nil)
    ),
    (
      "statement.credential",
      statement(
        .credential(
          Credential(device: id32(0xd2), member: id16(0x3d), memberKey: id32(0x3e), role: .admin, invite: nil)))
    ),
    (
      "statement.credential.invited",
      statement(
        .credential(
          Credential(
            device: id32(0xd2), member: id16(0x3d), memberKey: id32(0x3e), role: .member, invite: proof,
            consent: signature(0x77))))
    ),
    (
      "statement.invite",
      statement(.invite(Invite(invite: id32(0x10), role: .guest, uses: 2, expiry: 1_700_086_400_000)))
    ),
    (
      "statement.cut",
      statement(
        .cut(
          Cut(
            device: id32(0xd2),
            kept: [
              KeptLog(
                log: LogID(device: id32(0xd2), incarnation: id16(0x1c), kind: .lasting),
                head: Head(sequence: 9, digest: id32(0x99)), statement: id32(0x5c))
            ])))
    ),
    (
      "statement.demotion",
      statement(
        .demotion(Demotion(member: id16(0x3d), role: .member, ended: [id32(0x5a), id32(0x5b)], kept: [kept])))
    ),
    (
      "statement.succession",
      statement(.succession(Succession(member: id16(0x3d), replaced: [id32(0x5a), id32(0x5b)])))
    ),
    (
      "statement.succession.nobody",
      statement(.succession(Succession(member: nil, replaced: [id32(0x5a)])))
    ),
    (
      "statement.takeover",
      statement(.takeover(Takeover(succession: id32(0x5a), kept: [kept])))
    ),
    (
      "statement.generation",
      statement(
        .generation(
          KeyGeneration(
            key: id32(0x3e), without: [id32(0xd2)],
            boxes: [KeyBox(device: id32(0xd3), box: bytes(0xb0, Limits.keyBoxBytes))])))
    ),
    ("statement.voiding", statement(.voiding(head))),
  ]

  static let changes: [(String, Change)] = [
    (
      "change",
      Change(rows: [
        RowChange(
          table: "notifications", key: bytes(0x3d, 32), audience: [id16(1), id16(2)],
          cells: [
            CellChange(column: "kind", content: CellContent.clear(.text("ping")).bytes),
            CellChange(column: "title", content: CellContent.sealed(bytes(7, 104)).bytes),
          ]),
        RowChange(table: "activities", key: bytes(0x3d, 32), cells: [], isDelete: true),
      ])
    )
  ]

  static let messages: [(String, PeerMessage)] = [
    ("message.hello", .hello(Hello(version: 1, nonce: id32(0x4f)))),
    ("message.recognise", .recognise(Recognition(tag: id32(0x7a)))),
    ("message.introduce", .introduce([signed])),
    ("message.ground", .ground([signed])),
    ("message.join.prove", .join(.prove(proof))),
    ("message.join.chain", .join(.chain([signed]))),
    (
      "message.join.details",
      .join(.details(JoinDetails(name: "Bob", memberKey: id32(0x3e), proof: proof, consent: signature(0x77))))
    ),
    ("message.join.welcome", .join(.welcome([signed]))),
    ("message.join.linked", .join(.linked([signed], sealed: bytes(0x6b, 80)))),
    ("message.refuse", .refuse(.inviteSpent)),
    ("message.refuse.wall", .refuse(.inviteExpired, wall: 1_763_700_000_000)),
    ("message.statements", .statements(StatementExchange(known: [id32(1), id32(2)], statements: [signed]))),
    ("message.statements.empty", .statements(StatementExchange(known: [], statements: []))),
    ("message.have", .have(Have(digest: id32(0x99), heads: nil))),
    ("message.have.none", .have(Have(digest: id32(0x99), heads: []))),
    ("message.have.heads", .have(Have(digest: id32(0x99), heads: [head]))),
    ("message.want", .want(Want(ranges: [LogRange(log: log, first: 1, last: 300)]))),
    (
      "message.want.branch",
      .want(Want(ranges: [LogRange(log: log, first: 1, last: 300, digest: id32(0x99))]))
    ),
    ("message.segments", .segments(SegmentBatch(segments: [segment]))),
    ("message.acknowledge", .acknowledge(Acknowledgement(heads: [head], credit: 4_096))),
    ("message.announce", .announce([head])),
    (
      "message.datagram_session",
      .datagramSession(
        DatagramSession(
          connection: DatagramConnectionID(raw: 0x0102_0304_0506_0708), key: Bytes32(bytes(0x33, 32))!, port: 4_781,
          wall: 1_700_000_000_000))
    ),
    ("message.ping", .ping(5)),
    ("message.pong", .pong(Pong(nonce: 5, wall: 1_700_000_000_000))),
    ("message.vouch", .vouch(VouchQuery(device: id32(0xd2)))),
    ("message.vouch_answer", .vouchAnswer(VouchAnswer(device: id32(0xd2), silence: 0))),
    ("message.vouch_answer.none", .vouchAnswer(VouchAnswer(device: id32(0xd2), silence: nil))),
    (
      "message.vouch_answer.sighting",
      .vouchAnswer(
        VouchAnswer(
          device: id32(0xd2), silence: nil,
          sighting: ToldSighting(age: 3_600_000, stayed: 60_000, page: RoomID("page:/a"), activity: .typing)))
    ),
    (
      "message.addresses",
      .addresses([
        PeerAddresses(
          device: id32(0xd2),
          endpoints: [
            Endpoint(address: [10, 77, 0, 2], port: 4_781)!,
            Endpoint(address: [0x20, 1, 0x0d, 0xb8] + bytes(0, 11) + [1], port: 4_781)!,
          ])
      ])
    ),
    ("message.goodbye", .goodbye),
  ]

  static let datagrams: [(String, DatagramBody)] = [
    (
      "datagram.presence",
      .presence(
        PresenceUpdate(
          version: version,
          presence: DevicePresence(
            status: .busy, customStatus: "Bäcker", customEmoji: "🥐", kind: .tablet,
            rooms: [room("page:/a"), room("page:/b")], typing: room("page:/a")),
          wantsAcknowledgement: true, heads: 0xfeed))
    ),
    (
      "datagram.presence.least",
      .presence(
        PresenceUpdate(
          version: PresenceVersion(session: 0, counter: 0), presence: DevicePresence(), wantsAcknowledgement: false,
          heads: 0))
    ),
    ("datagram.acknowledge", .acknowledge(version)),
    ("datagram.probe", .probe(1)),
    ("datagram.probe_answer", .probeAnswer(1)),
    (
      "datagram.cursor",
      .cursor(
        CursorUpdate(
          room: room("page:/a"), version: version,
          position: CursorPosition(
            line: 0, column: 12,
            selection: .init(startLine: 1, startColumn: 2, endLine: 3, endColumn: 4),
            pointer: .init(anchor: "board", x: 0, y: 65_535))))
    ),
    (
      "datagram.cursor.empty",
      .cursor(CursorUpdate(room: room("page:/a"), version: version, position: CursorPosition()))
    ),
    ("datagram.cursor.removed", .cursor(CursorUpdate(room: room("page:/a"), version: version, position: nil))),
    ("datagram.goodbye", .goodbye(version)),
    (
      "datagram.cursor.payload",
      .cursor(
        CursorUpdate(
          room: room("page:/a"), version: version,
          position: CursorPosition(pointer: .init(anchor: "", x: 1, y: 2), payload: #"{"tool":"pen"}"#)))
    ),
    ("datagram.cursor_clear", .cursorClear(CursorClear(room: room("page:/a"), version: version))),
  ]

  /// Every sample with its bytes and whether those bytes read back as the same value.
  static func all() -> [(name: String, bytes: [UInt8], returns: Bool)] {
    statements.map { name, value in
      let bytes = StatementCodec.encode(value)
      return (name, bytes, StatementCodec.decode(bytes) == value)
    }
      + changes.map { name, value in
        let bytes = ChangeCodec.encode(value)
        return (name, bytes, ChangeCodec.decode(bytes) == value)
      }
      + [("segment", SegmentCodec.encode(segment), SegmentCodec.decode(SegmentCodec.encode(segment)) == segment)]
      + messages.map { name, value in
        let bytes = PeerMessageCodec.encode(value)
        return (name, bytes, (try? PeerMessageCodec.decode(bytes)) == value)
      }
      + datagrams.map { name, value in
        let bytes = DatagramCodec.encode(value)
        return (name, bytes, DatagramCodec.decode(bytes) == value)
      }
  }
}
