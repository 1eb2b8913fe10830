import BullpenCore
import BullpenWire

/// Values of every kind that is written down. Encoded they are the seeds.
enum Samples {
  static func id32<ID: Identifier>(_ byte: UInt8) -> ID where ID.Raw == Bytes32 {
    ID(bytes: [UInt8](repeating: byte, count: 32))!  // 32 bytes
  }
  static func id16<ID: Identifier>(_ byte: UInt8) -> ID where ID.Raw == Bytes16 {
    ID(bytes: [UInt8](repeating: byte, count: 16))!  // 16 bytes
  }
  static let signature = Signature(bytes: [UInt8](repeating: 0x66, count: 64))!  // 64 bytes

  static let log = LogID(device: id32(0xd1), incarnation: id16(0x1c), kind: .passing)
  static let head = LogHead(log: log, head: Head(sequence: 300, digest: id32(0x99)))
  static let proof = InviteProof(invite: id32(0x10), signature: signature)
  static let version = PresenceVersion(session: Cast.wall, counter: 7)

  static func claims(of member: MemberID, device: DeviceID, by signer: MemberID) -> [Statement.Claim] {
    [
      .genesis(Genesis(name: "Harbour Desk", member: id32(0x3e), nonce: id32(0x4f))),
      .credential(Credential(device: device, member: member, memberKey: id32(0x3e), role: .admin, invite: nil)),
      .credential(
        Credential(
          device: device, member: member, memberKey: id32(0x3e), role: .member, invite: proof, consent: signature)),
      .invite(Invite(invite: id32(0x10), role: .guest, uses: 2, expiry: Cast.wall)),
      .cut(
        Cut(
          device: device,
          kept: [
            KeptLog(
              log: LogID(device: device, incarnation: id16(0x1c), kind: .lasting),
              head: Head(sequence: 9, digest: id32(0x99)), statement: id32(0x5c))
          ])),
      .demotion(
        Demotion(
          member: member, role: .member, ended: [id32(0x5a), id32(0x5b)],
          kept: [KeptLog(log: log, head: head.head, statement: id32(0x5c))])),
      .succession(Succession(member: member, replaced: [id32(0x5a)])),
      .takeover(
        Takeover(
          succession: id32(0x5a), kept: [KeptLog(log: log, head: head.head, statement: id32(0x5c))])),
      .generation(
        KeyGeneration(
          key: id32(0x3e), without: [id32(0xd2)],
          boxes: [KeyBox(device: device, box: [UInt8](repeating: 0xb0, count: Limits.keyBoxBytes))])),
      .voiding(head),
    ]
  }

  static func statement(_ claim: Statement.Claim, in workspace: WorkspaceID?, by signer: DeviceID) -> Statement {
    var isGenesis = false
    if case .genesis = claim { isGenesis = true }
    return Statement(
      workspace: isGenesis ? nil : workspace, signer: signer, incarnation: id16(0x1c), sequence: 2,
      previous: isGenesis ? nil : id32(0x5b), time: HybridTime(milliseconds: Cast.wall, counter: 1), claim: claim)
  }

  static var statements: [Statement] {
    claims(of: id16(0x3d), device: id32(0xd2), by: id16(0x3d)).map { statement($0, in: id32(0x57), by: id32(0xd1)) }
  }

  static var signed: [SignedStatement] {
    statements.map { SignedStatement(body: StatementCodec.encode($0), signature: signature) }
  }

  static let changes: [Change] = [
    Change(rows: [
      RowChange(
        table: "notifications", key: [UInt8](repeating: 0x3d, count: 32), audience: [id16(1), id16(2)],
        cells: [
          CellChange(column: "kind", content: CellContent.clear(.text("ping")).bytes),
          CellChange(column: "title", content: CellContent.sealed([UInt8](repeating: 7, count: 104)).bytes),
          CellChange(column: "count", content: CellContent.clear(.integer(.min)).bytes),
          CellChange(column: "share", content: CellContent.clear(.real(.nan)).bytes),
          CellChange(column: "none", content: CellContent.clear(.null).bytes),
          CellChange(column: "raw", content: CellContent.clear(.bytes([1, 2, 3])).bytes),
        ]),
      RowChange(table: "activities", key: [UInt8](repeating: 0x3d, count: 32), cells: [], isDelete: true),
    ])
  ]

  static let segment = Segment(
    log: log, first: 2, previous: id32(0x22),
    entries: [
      Entry(time: HybridTime(milliseconds: Cast.wall, counter: 3), expiry: 0, payload: .present([0xaa, 0xbb])),
      Entry(time: HybridTime(milliseconds: Cast.wall + 1, counter: 0), expiry: Cast.wall, payload: .absent(id32(0x44))),
    ], signature: signature)

  static func messages(about device: DeviceID = id32(0xd2)) -> [PeerMessage] {
    let endpoints = [Endpoint(address: [10, 77, 0, 2], port: 4_781), Endpoint(address: [UInt8](2...17), port: 1)]
    return [
      .hello(Hello(version: 1, nonce: id32(0x4f))), .recognise(Recognition(tag: id32(0x7a))), .introduce(signed),
      .ground(signed),
      .join(.prove(proof)), .join(.chain(signed)),
      .join(.details(JoinDetails(name: "Bob", memberKey: id32(0x3e), proof: proof, consent: signature))),
      .join(.welcome(signed)),
      .join(.linked(signed, sealed: [UInt8](repeating: 0x6b, count: Limits.sealedSecretBytes))),
      .refuse(.inviteSpent), .refuse(.inviteExpired, wall: Cast.wall),
      .statements(StatementExchange(known: [id32(1), id32(2)], statements: signed)),
      .statements(StatementExchange(known: [], statements: [])), .have(Have(digest: id32(0x99), heads: nil)),
      .have(Have(digest: id32(0x99), heads: [head])), .want(Want(ranges: [LogRange(log: log, first: 1, last: 300)])),
      .segments(SegmentBatch(segments: [segment])), .acknowledge(Acknowledgement(heads: [head], credit: 4_096)),
      .announce([head]),
      .datagramSession(
        DatagramSession(
          connection: DatagramConnectionID(raw: 7), key: Bytes32.zero, port: 4_781, wall: Cast.wall)),
      .ping(5), .pong(Pong(nonce: 5, wall: Cast.wall)), .vouch(VouchQuery(device: device)),
      .vouchAnswer(VouchAnswer(device: device, silence: 0)),
      .vouchAnswer(VouchAnswer(device: device, silence: nil)),
      .vouchAnswer(
        VouchAnswer(
          device: device, silence: 4,
          sighting: ToldSighting(age: 5, stayed: 6, page: RoomID("page:/a"), activity: .idle))),
      .addresses([PeerAddresses(device: device, endpoints: endpoints.compactMap { $0 })]), .goodbye,
    ]
  }

  static var datagrams: [DatagramBody] {
    let rooms = ["page:/a", "page:/b"].compactMap { RoomID($0) }
    let presence = DevicePresence(
      status: .busy, customStatus: "Bäcker", customEmoji: "🥐", kind: .tablet, rooms: rooms, typing: rooms[0])
    let position = CursorPosition(
      line: 0, column: 12, selection: .init(startLine: 1, startColumn: 2, endLine: 3, endColumn: 4),
      pointer: .init(anchor: "board", x: 0, y: 65_535), payload: #"{"tool":"pen"}"#)
    return [
      .presence(PresenceUpdate(version: version, presence: presence, wantsAcknowledgement: true, heads: 0xfeed)),
      .presence(
        PresenceUpdate(version: version, presence: DevicePresence(), wantsAcknowledgement: false, heads: 0)),
      .acknowledge(version), .probe(1), .probeAnswer(1),
      .cursor(CursorUpdate(room: rooms[0], version: version, position: position)),
      .cursor(CursorUpdate(room: rooms[0], version: version, position: CursorPosition())),
      .cursor(CursorUpdate(room: rooms[0], version: version, position: nil)), .goodbye(version),
      .cursorClear(CursorClear(room: rooms[0], version: version)),
    ]
  }
}
