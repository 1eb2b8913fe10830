import BullpenCore
import BullpenWire
import Testing

/// Bytes that another node may send and that must not be believed, each built by hand field by field. Each list
/// begins with the bytes that are right, so that what follows differs in one thing alone.
@Suite("Bytes that are refused")
struct InvalidTests {
  typealias Bytes = [UInt8]
  static let device = Samples.bytes(0xd1, 32)
  static let id = Samples.bytes(0x1c, 16)
  static let digest = Samples.bytes(0x99, 32)
  static let signature = Samples.bytes(0x66, 64)
  static let tooFar: UInt64 = 1 << 40 + 1

  static func log(device: Bytes = device, incarnation: Bytes = id, kind: UInt64 = 1) -> Bytes {
    Field.bytes(1, device) + Field.bytes(2, incarnation) + Field.varint(3, kind)
  }

  static let oddLogs: [Bytes] = [
    log(device: Samples.bytes(1, 31)), log(device: Samples.bytes(1, 33)), log(device: []),
    log(incarnation: Samples.bytes(1, 15)), log(kind: 0), log(kind: 3), log(kind: 257), [],
  ]

  // MARK: Statements

  static func statement(
    workspace: Bytes = Samples.bytes(0x57, 32), signer: Bytes = device, incarnation: Bytes = id, sequence: UInt64 = 1,
    time: Int64 = 0, claim: Bytes = Field.bytes(12, invite())
  ) -> Bytes {
    Field.bytes(1, workspace) + Field.bytes(2, signer) + Field.bytes(3, incarnation) + Field.varint(4, sequence)
      + Field.fixed64(5, signed: time) + claim
  }

  static func invite(key: Bytes = digest, role: UInt64 = 2, uses: UInt64 = 1, expiry: Int64 = 9) -> Bytes {
    Field.bytes(1, key) + Field.varint(2, role) + Field.varint(3, uses) + Field.varint(4, signed: expiry)
  }

  static func genesis(name: Bytes = Array("Office".utf8), key: Bytes = digest, nonce: Bytes = digest) -> Bytes {
    Field.bytes(10, Field.bytes(1, name) + Field.bytes(2, key) + Field.bytes(3, nonce))
  }

  static func credential(
    device: Bytes = device, member: Bytes = id, key: Bytes = digest, role: UInt64 = 2, invite: Bytes = [],
    consent: Bytes = []
  ) -> Bytes {
    Field.bytes(
      11,
      Field.bytes(1, device) + Field.bytes(2, member) + Field.bytes(3, key) + Field.varint(4, role) + invite
        + Field.bytes(6, consent))
  }

  static func cut(
    device: Bytes = device, incarnation: Bytes = id, kind: UInt64 = 1, sequence: UInt64 = 1,
    digest: Bytes = digest, statement: Bytes = [], times: Int = 1, differ: Bool = true
  ) -> Bytes {
    let kept = (0..<times).flatMap { number in
      Field.bytes(
        2,
        Field.bytes(1, number > 0 && differ ? other(number) : incarnation) + Field.varint(2, kind)
          + Field.varint(3, sequence) + Field.bytes(4, digest) + Field.bytes(5, statement))
    }
    return Field.bytes(13, Field.bytes(1, device) + kept)
  }

  /// Another incarnation for each number.
  private static func other(_ number: Int) -> Bytes { Samples.bytes(UInt8(0x80 + number), 16) }

  /// What keeps several logs.
  private static func several(_ field: UInt64, _ kept: Bytes, _ logs: Int, _ differ: Bool) -> Bytes {
    (0..<logs).flatMap { number in
      Field.bytes(field, number > 0 && differ ? Self.kept(log: log(incarnation: other(number))) : kept)
    }
  }

  static func demotion(
    member: Bytes = id, role: UInt64 = 2, ended: Bytes = digest, times: Int = 1, kept: Bytes = kept(), logs: Int = 1,
    differ: Bool = true
  ) -> Bytes {
    Field.bytes(
      14,
      Field.bytes(1, member) + Field.varint(2, role) + (0..<times).flatMap { _ in Field.bytes(3, ended) }
        + several(4, kept, logs, differ))
  }

  static func succession(member: Bytes = id, replaced: Bytes = digest, times: Int = 1) -> Bytes {
    Field.bytes(15, Field.bytes(1, member) + (0..<times).flatMap { _ in Field.bytes(2, replaced) })
  }

  static func takeover(
    succession: Bytes = digest, kept: Bytes = kept(), logs: Int = 1, differ: Bool = true
  ) -> Bytes {
    Field.bytes(16, Field.bytes(1, succession) + several(2, kept, logs, differ))
  }

  static func generation(
    key: Bytes = digest, without: Bytes = device, lost: Int = 1, box: Bytes = Samples.bytes(7, Limits.keyBoxBytes),
    boxes: Int = 1
  ) -> Bytes {
    let one = Field.bytes(3, Field.bytes(1, device) + Field.bytes(2, box))
    return Field.bytes(
      17,
      Field.bytes(1, key) + (0..<lost).flatMap { _ in Field.bytes(2, without) } + (0..<boxes).flatMap { _ in one })
  }

  static func voiding(log: Bytes = log(), sequence: UInt64 = 1, digest: Bytes = digest) -> Bytes {
    Field.bytes(18, Field.bytes(1, log) + Field.varint(2, sequence) + Field.bytes(3, digest))
  }

  @Test("a statement with a part missing, too long or out of range")
  func statements() {
    for good in [
      Self.statement(), Self.statement(workspace: []), Self.statement(claim: Self.genesis()),
      Self.statement(claim: Self.credential()), Self.statement(claim: Self.cut()),
      Self.statement(claim: Self.cut(times: 0)), Self.statement(claim: Self.cut(times: Limits.cutLogs)),
      Self.statement(claim: Self.demotion()), Self.statement(claim: Self.demotion(logs: 0)),
      Self.statement(claim: Self.demotion(times: Limits.demotionEnds, logs: Limits.demotionLogs)),
      Self.statement() + Field.bytes(6, Self.digest), Self.statement(claim: Self.succession(member: [])),
      Self.statement(claim: Self.succession(times: Limits.replacedNamings)),
      Self.statement(claim: Self.takeover(logs: 0)), Self.statement(claim: Self.takeover(logs: Limits.demotionLogs)),
      Self.statement(claim: Self.generation(lost: 0)),
      Self.statement(claim: Self.generation(lost: Limits.keyBoxes, boxes: Limits.keyBoxes)),
      Self.statement(claim: Self.voiding()),
    ] { #expect(StatementCodec.decode(good) != nil) }
    let later = Field.bytes(19, [1, 2, 3])
    #expect(StatementCodec.decode(Self.statement(claim: later))?.claim == .unknown(later))
    let bad: [Bytes] = [
      [], Self.statement(workspace: Samples.bytes(1, 31)), Self.statement(signer: []),
      Self.statement(signer: Samples.bytes(1, 33)), Self.statement(incarnation: []), Self.statement(sequence: 0),
      Self.statement(sequence: Self.tooFar), Self.statement(sequence: .max), Self.statement(time: -1),
      Self.statement(time: .min), Self.statement(claim: []), Self.statement(claim: Field.bytes(14, [])),
      Self.statement(claim: Self.genesis(name: [])), Self.statement(claim: Self.genesis(name: Samples.bytes(97, 101))),
      Self.statement(claim: Self.genesis(name: [0xff, 0xfe])), Self.statement(claim: Self.genesis(key: [])),
      Self.statement(claim: Self.genesis(nonce: Samples.bytes(1, 16))),
      Self.statement(claim: Self.credential(device: [])), Self.statement(claim: Self.credential(member: Self.device)),
      Self.statement(claim: Self.credential(key: [])), Self.statement(claim: Self.credential(role: 0)),
      Self.statement(claim: Self.credential(role: 5)), Self.statement(claim: Self.credential(role: 258)),
      Self.statement(claim: Self.credential(invite: Field.bytes(5, []))),
      Self.statement(
        claim: Self.credential(invite: Field.bytes(5, Field.bytes(1, Self.digest) + Field.bytes(2, [1])))),
      Self.statement(claim: Field.bytes(12, Self.invite(key: []))),
      Self.statement(claim: Field.bytes(12, Self.invite(role: 0))),
      Self.statement(claim: Field.bytes(12, Self.invite(uses: 0))),
      Self.statement(claim: Field.bytes(12, Self.invite(expiry: -1))), Self.statement(claim: Self.cut(device: [])),
      Self.statement(claim: Self.cut(incarnation: [])), Self.statement(claim: Self.cut(kind: 9)),
      Self.statement(claim: Self.cut(sequence: .max)), Self.statement(claim: Self.cut(digest: [])),
      Self.statement(claim: Self.cut(times: Limits.cutLogs + 1)),
      Self.statement(claim: Self.cut(times: 2, differ: false)),
      Self.statement(claim: Self.demotion(logs: 2, differ: false)),
      Self.statement(claim: Self.takeover(logs: 2, differ: false)),
      // What a later version states is of a workspace, as all but a genesis is.
      Self.statement(workspace: [], claim: Field.bytes(19, [])),
      Self.statement(claim: Self.demotion(member: [])), Self.statement(claim: Self.demotion(role: 0)),
      Self.statement(claim: Self.demotion(role: 4)), Self.statement(claim: Self.demotion(ended: [1])),
      Self.statement(claim: Self.demotion(times: 0)), Self.statement(claim: Self.demotion(kept: [])),
      Self.statement(claim: Self.demotion(kept: Self.kept(last: [1]))),
      Self.statement(claim: Self.demotion(kept: Self.kept(sequence: .max))),
      Self.statement(claim: Self.demotion(times: Limits.demotionEnds + 1)),
      Self.statement(claim: Self.demotion(logs: Limits.demotionLogs + 1)), Self.statement() + Field.bytes(6, [1]),
      Self.statement(claim: Self.succession(member: [1])), Self.statement(claim: Self.succession(replaced: [1])),
      Self.statement(claim: Self.succession(times: Limits.replacedNamings + 1)),
      Self.statement(claim: Self.takeover(succession: [])), Self.statement(claim: Self.takeover(kept: [])),
      Self.statement(claim: Self.takeover(kept: Self.kept(last: [1]))),
      Self.statement(claim: Self.takeover(logs: Limits.demotionLogs + 1)),
      Self.statement(claim: Self.generation(key: [])), Self.statement(claim: Self.generation(without: [1])),
      Self.statement(claim: Self.generation(box: Samples.bytes(7, Limits.keyBoxBytes - 1))),
      Self.statement(claim: Self.generation(boxes: 0)),
      Self.statement(claim: Self.generation(boxes: Limits.keyBoxes + 1)),
      Self.statement(claim: Self.generation(lost: Limits.keyBoxes + 1)),
      Self.statement(claim: Self.credential(consent: Samples.bytes(1, 63))),
      Self.statement(claim: Self.cut(statement: [1])),
      Self.statement() + Field.bytes(200, Samples.bytes(1, Limits.statementBytes)),
      Self.statement(claim: Self.voiding(sequence: 0)), Self.statement(claim: Self.voiding(sequence: Self.tooFar)),
      Self.statement(claim: Self.voiding(digest: [])),
    ]
    let logs = Self.oddLogs.map { Self.statement(claim: Self.voiding(log: $0)) }
    for (place, bytes) in (bad + logs).enumerated() {
      #expect(StatementCodec.decode(bytes) == nil, "number \(place)")
    }
  }

  // MARK: Changes

  static func row(
    table: Bytes = Array("settings".utf8), key: Bytes = id, audience: [Bytes] = [], cells: [Bytes] = [cell()]
  ) -> Bytes {
    Field.bytes(1, table) + Field.bytes(2, key) + audience.flatMap { Field.bytes(3, $0) }
      + cells.flatMap { Field.bytes(4, $0) }
  }

  static func cell(_ column: String = "value", _ content: Bytes = [0]) -> Bytes {
    Field.text(1, column) + Field.bytes(2, content)
  }

  static func change(_ rows: [Bytes]) -> Bytes { rows.flatMap { Field.bytes(1, $0) } }

  @Test("a change without rows, beyond its bounds or with odd names")
  func changes() {
    let (a, b) = (Samples.bytes(1, 16), Samples.bytes(2, 16))
    let full = (0..<Limits.changeRows).map { _ in Self.row() }
    for good in [
      Self.change([Self.row()]), Self.change([Self.row(table: Array("from_2030".utf8), audience: [a, b])]),
      Self.change([Self.row(key: Samples.bytes(1, 128), cells: [])]), Self.change(full),
    ] { #expect(ChangeCodec.decode(good) != nil) }
    let bad: [Bytes] = [
      [], Self.change(full + [Self.row()]), Self.change([Self.row(table: [])]),
      Self.change([Self.row(table: Array("Settings".utf8))]), Self.change([Self.row(table: Array("2fast".utf8))]),
      Self.change([Self.row(table: Array("a;drop".utf8))]), Self.change([Self.row(table: Samples.bytes(97, 65))]),
      Self.change([Self.row(table: [0xc3, 0x28])]), Self.change([Self.row(key: Samples.bytes(1, 15))]),
      Self.change([Self.row(key: Samples.bytes(1, 129))]), Self.change([Self.row(audience: [[1]])]),
      Self.change([Self.row(audience: [b, a])]), Self.change([Self.row(audience: [a, a])]),
      Self.change([Self.row(cells: [Self.cell("")])]), Self.change([Self.row(cells: [Self.cell("Value")])]),
      Self.change([Self.row(cells: [Self.cell("value", [])])]),
      Self.change([Self.row(cells: [Self.cell(), Self.cell()])]),
      Self.change([Self.row(cells: [Self.cell("value", Samples.bytes(4, Limits.changeBytes))])]),
    ]
    for (place, bytes) in bad.enumerated() { #expect(ChangeCodec.decode(bytes) == nil, "number \(place)") }
    let names = (0..<17).map { "c\($0)" }
    let crowded = Self.row(cells: names.map { Self.cell($0) })
    #expect(ChangeCodec.decode(Self.change((0..<240).map { _ in crowded })) != nil, "4,080 cells")
    #expect(ChangeCodec.decode(Self.change((0..<242).map { _ in crowded })) == nil, "4,114 cells")
    let office = (0...Limits.audience).map { UInt64($0).bigEndianBytes + Samples.bytes(0, 8) }
    #expect(ChangeCodec.decode(Self.change([Self.row(audience: Array(office.dropLast()))])) != nil, "200 members")
    #expect(ChangeCodec.decode(Self.change([Self.row(audience: office)])) == nil, "201 members")
  }

  // MARK: Segments

  static func entry(time: Int64 = 0, expiry: Int64 = 0, content: Bytes = Field.bytes(3, [1])) -> Bytes {
    Field.fixed64(1, signed: time) + Field.varint(2, signed: expiry) + content
  }

  static func segment(
    log: Bytes = log(), first: UInt64 = 1, previous: Bytes = [], entries: [Bytes] = [entry()],
    signature: Bytes = signature
  ) -> Bytes {
    Field.bytes(1, log) + Field.varint(2, first) + Field.bytes(3, previous) + entries.flatMap { Field.bytes(4, $0) }
      + Field.bytes(5, signature)
  }

  static let oddSegments: [Bytes] =
    oddLogs.map { segment(log: $0) } + [
      segment(first: 0), segment(first: .max, previous: digest, entries: [entry(), entry()]),
      segment(first: .max, previous: digest), segment(first: tooFar, previous: digest),
      segment(first: Limits.logEntries, previous: digest, entries: [entry(), entry()]),
      segment(first: 1, previous: digest), segment(first: 2), segment(first: 2, previous: Samples.bytes(1, 31)),
      segment(entries: []), segment(entries: [entry(time: -1)]), segment(entries: [entry(expiry: -1)]),
      segment(entries: [entry(expiry: .max)]), segment(entries: [entry(content: [])]),
      segment(entries: [entry(content: Field.bytes(4, [1]))]), segment(signature: []),
      segment(signature: Samples.bytes(1, 63)), segment(signature: Samples.bytes(1, 65)),
      segment(entries: [entry(content: Field.bytes(3, Samples.bytes(1, Limits.changeBytes + 1)))]),
      segment(entries: (0...Limits.segmentEntries).map { _ in entry() }),
    ]

  @Test("a segment of no log, without entries, or whose numbers nobody can count")
  func segments() {
    #expect(SegmentCodec.decode(Self.segment()) != nil)
    #expect(SegmentCodec.decode(Self.segment(first: 2, previous: Self.digest)) != nil)
    #expect(SegmentCodec.decode(Self.segment(first: Limits.logEntries, previous: Self.digest)) != nil)
    for (place, bytes) in Self.oddSegments.enumerated() {
      #expect(SegmentCodec.decode(bytes) == nil, "number \(place)")
    }
  }

  // MARK: Messages

  static func head(log: Bytes = log(), sequence: UInt64 = 1, digest: Bytes = digest) -> Bytes {
    Field.bytes(1, log) + Field.varint(2, sequence) + Field.bytes(3, digest)
  }

  static func kept(log: Bytes = log(), sequence: UInt64 = 1, digest: Bytes = digest, last: Bytes = digest) -> Bytes {
    head(log: log, sequence: sequence, digest: digest) + Field.bytes(4, last)
  }

  static func range(log: Bytes = log(), _ first: UInt64, _ last: UInt64, digest: Bytes = []) -> Bytes {
    Field.bytes(1, log) + Field.varint(2, first) + Field.varint(3, last) + Field.bytes(4, digest)
  }

  static func endpoint(_ address: Bytes, _ port: UInt64) -> Bytes { Field.bytes(1, address) + Field.varint(2, port) }

  static func addresses(_ endpoints: [Bytes]) -> Bytes {
    Field.bytes(17, Field.bytes(1, Field.bytes(1, device) + endpoints.flatMap { Field.bytes(2, $0) }))
  }

  static func session(key: Bytes = digest, port: UInt64 = 4_781, wall: Int64 = 0) -> Bytes {
    Field.bytes(
      12, Field.fixed64(1, 1) + Field.bytes(2, key) + Field.varint(3, port) + Field.varint(4, signed: wall))
  }

  static func signed(_ body: Bytes = [1], _ signature: Bytes = signature) -> Bytes {
    Field.bytes(1, Field.bytes(1, body) + Field.bytes(2, signature))
  }

  static func repeated(_ bytes: Bytes, _ count: Int) -> Bytes { (0..<count).flatMap { _ in bytes } }

  static let goodMessages: [Bytes] = [
    Field.bytes(3, signed()), Field.bytes(3, repeated(signed(), Limits.chain)), Field.bytes(3, []),
    Field.bytes(7, Field.bytes(1, digest) + Field.varint(2, 1) + Field.bytes(3, head())),
    Field.bytes(8, Field.bytes(1, range(1, 1))), Field.bytes(8, Field.bytes(1, range(1, 1, digest: digest))),
    Field.bytes(9, Field.bytes(1, segment())),
    Field.bytes(8, repeated(Field.bytes(1, range(1, 1)), Limits.rangesQueued)),
    Field.bytes(11, repeated(Field.bytes(1, head()), Limits.headsPerMessage)), session(),
    Field.bytes(14, Field.fixed64(1, 1)), Field.bytes(16, Field.bytes(1, device)), addresses([]),
    addresses([endpoint([10, 0, 0, 1], 1)]), Field.bytes(18, []), Field.bytes(19, []),
  ]

  static let oddMessages: [Bytes] =
    [
      [], Field.bytes(20, []), Field.bytes(1, []), Field.bytes(1, Field.bytes(2, Samples.bytes(1, 31))),
      Field.bytes(2, Field.bytes(1, [1])), Field.bytes(3, signed([], signature)), Field.bytes(3, signed([1], [1])),
      Field.bytes(3, signed(Samples.bytes(1, Limits.statementBytes + 1))),
      Field.bytes(3, repeated(signed(), Limits.chain + 1)), Field.bytes(4, []), Field.bytes(4, Field.bytes(1, [])),
      Field.bytes(4, Field.bytes(3, Field.text(1, "Bob") + Field.bytes(2, digest))),
      Field.bytes(5, Field.varint(1, 0)), Field.bytes(5, Field.varint(1, 8)), Field.bytes(5, Field.varint(1, 257)),
      Field.bytes(6, Field.bytes(1, [1])), Field.bytes(6, Field.bytes(1, digest) + Field.bytes(1, digest)),
      Field.bytes(6, Field.bytes(1, digest) + Field.bytes(1, Samples.bytes(1, 32))),
      Field.bytes(7, []), Field.bytes(7, Field.bytes(1, digest) + Field.bytes(3, head())),
      Field.bytes(8, Field.bytes(1, range(1, 1, digest: [1]))), Field.bytes(8, Field.bytes(1, range(0, 1))),
      Field.bytes(8, Field.bytes(1, range(2, 1))),
      Field.bytes(8, Field.bytes(1, range(1, .max))), Field.bytes(8, Field.bytes(1, range(1, tooFar))),
      Field.bytes(8, repeated(Field.bytes(1, range(1, 1)), Limits.rangesQueued + 1)), Field.bytes(9, []),
      Field.bytes(10, Field.bytes(1, head(digest: []))), Field.bytes(11, Field.bytes(1, head(sequence: .max))),
      Field.bytes(11, repeated(Field.bytes(1, head()), Limits.headsPerMessage + 1)),
      session(key: []), session(port: 0), session(port: 65_536), session(wall: -1), session(wall: .min),
      session(wall: .max), Field.bytes(14, Field.fixed64(1, 1) + Field.varint(2, signed: .max)),
      Field.bytes(14, Field.fixed64(1, 1) + Field.varint(2, signed: -1)), Field.bytes(15, []),
      Field.bytes(16, Field.varint(2, 1)), Field.bytes(16, Field.bytes(1, device) + Field.varint(2, signed: -1)),
      Field.bytes(16, Field.bytes(1, device) + Field.varint(2, signed: .max)),
      addresses([endpoint([1, 2, 3], 1)]), addresses([endpoint([10, 0, 0, 1], 0)]),
      addresses([endpoint([10, 0, 0, 1], 65_536)]),
      addresses((0...Limits.addressesPerPeer).map { _ in endpoint([10, 0, 0, 1], 1) }),
      Field.bytes(17, repeated(Field.bytes(1, Field.bytes(1, device)), Limits.addressesTold + 1)),
      Field.bytes(18, []) + Field.bytes(200, Samples.bytes(1, Limits.frameBytes)),
    ]
    + oddLogs.flatMap { log in
      [Field.bytes(8, Field.bytes(1, range(log: log, 1, 1))), Field.bytes(11, Field.bytes(1, head(log: log)))]
    } + oddSegments.map { Field.bytes(9, Field.bytes(1, $0)) }

  @Test("a message with a part missing, too long, too many or out of range")
  func messages() {
    for (place, bytes) in Self.goodMessages.enumerated() {
      #expect((try? PeerMessageCodec.decode(bytes)) != nil, "good number \(place)")
    }
    for (place, bytes) in Self.oddMessages.enumerated() {
      #expect(throws: WireError.malformed, "number \(place)") { try PeerMessageCodec.decode(bytes) }
    }
  }

  // MARK: Datagrams

  static func version(session: Int64 = 1, counter: UInt64 = 1) -> Bytes {
    Field.fixed64(1, signed: session) + Field.varint(2, counter)
  }

  static func presence(
    version: Bytes = Field.bytes(1, version()), status: UInt64 = 1, text: Bytes = [], emoji: String = "",
    kind: UInt64 = 1, rooms: [String] = [], typing: UInt64 = 0
  ) -> Bytes {
    Field.bytes(
      1,
      version + Field.varint(2, status) + Field.bytes(3, text) + Field.text(4, emoji) + Field.varint(5, kind)
        + rooms.flatMap { Field.text(6, $0) } + Field.varint(7, typing))
  }

  static func cursor(room: String = "r", version: Bytes = Field.bytes(2, version()), position: Bytes = []) -> Bytes {
    Field.bytes(5, Field.text(1, room) + version + Field.bytes(3, position))
  }

  static func clear(room: String = "r", version: Bytes = Field.bytes(2, version())) -> Bytes {
    Field.bytes(7, Field.text(1, room) + version)
  }

  static func pointer(anchor: String = "a", x: UInt64 = 0, y: UInt64 = 0) -> Bytes {
    Field.bytes(4, Field.text(1, anchor) + Field.varint(2, x) + Field.varint(3, y))
  }

  @Test("a presence that fills every bound fits a datagram")
  func fullest() {
    let rooms =
      [RoomID(String(repeating: "a", count: Limits.roomBytes))!]
      + (0..<7).map { RoomID("b\($0)" + String(repeating: "c", count: 12))! }
    #expect(RoomID.fit(rooms))
    let presence = DevicePresence(
      status: .offline, statusTurn: .max, customStatus: String(repeating: "🥐", count: Limits.customStatusCharacters),
      customEmoji: String(repeating: "👩‍👩‍👧‍👦", count: Limits.emojiCharacters), wordsTurn: .max, kind: .headless,
      rooms: rooms, typing: rooms[0], page: rooms[0], pageTurn: .max)
    let body = DatagramBody.presence(
      PresenceUpdate(
        version: PresenceVersion(session: 1 << 48, counter: 1 << 62), presence: presence, wantsAcknowledgement: true,
        heads: .max, hearsay: .everyone))
    let bytes = DatagramCodec.encode(body)
    #expect(bytes.count <= DatagramHeader.maximumBody)
    #expect(DatagramCodec.decode(bytes) == body)
  }

  @Test("a cursor that fills every bound fits a datagram")
  func fullestCursor() {
    let body = DatagramBody.cursor(
      CursorUpdate(
        room: RoomID(String(repeating: "é", count: Limits.roomBytes / 2))!,
        version: PresenceVersion(session: 1 << 48, counter: 1 << 62),
        position: CursorPosition(
          line: .max, column: .max,
          selection: .init(startLine: .max, startColumn: .max, endLine: .max, endColumn: .max),
          pointer: .init(anchor: String(repeating: "a", count: Limits.anchorBytes), x: .max, y: .max),
          payload: String(repeating: "p", count: Limits.cursorPayloadBytes))))
    let bytes = DatagramCodec.encode(body)
    #expect(bytes.count <= DatagramHeader.maximumBody)
    #expect(DatagramCodec.decode(bytes) == body)
  }

  @Test("a datagram's body with a part missing, too long or out of range")
  func datagrams() {
    let eight = (1...8).map { "r\($0)" }
    for good in [
      Self.presence(), Self.presence(rooms: eight, typing: 8), Self.cursor(),
      Self.presence(text: Samples.bytes(97, 100), emoji: "👩‍👩‍👧‍👦"), Self.cursor(position: Self.pointer(x: 65_535)),
      Field.bytes(6, Self.version()), Self.clear(), Self.cursor(position: Self.pointer(anchor: "")),
      Self.cursor(position: Field.bytes(5, Samples.bytes(97, Limits.cursorPayloadBytes))),
    ] { #expect(DatagramCodec.decode(good) != nil) }
    let bad: [Bytes] = [
      [], Field.bytes(7, []), Self.presence(version: []), Self.presence(status: 0), Self.presence(status: 6),
      Self.presence(status: 257), Self.presence(kind: 0), Self.presence(kind: 5),
      Self.presence(text: Samples.bytes(97, 101)), Self.presence(text: [0xff]),
      Self.presence(emoji: String(repeating: "x", count: 11)), Self.presence(rooms: eight + ["r9"]),
      Self.presence(rooms: ["b", "a"]), Self.presence(rooms: ["a", "a"]), Self.presence(rooms: [""]),
      Self.presence(rooms: ["a", "b"].map { String(repeating: $0, count: 151) }),
      Self.presence(text: Array(String(repeating: "👩‍💻", count: 40).utf8)),
      Self.presence(
        emoji: String(
          repeating: "a\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}\u{30b}\u{30c}\u{30d}",
          count: 10)),
      Self.presence(rooms: ["a\nb"]), Self.presence(rooms: ["a\u{202E}b"]), Self.cursor(room: "a\u{2066}b"),
      Self.presence(text: Array("a\u{202E}b".utf8)), Self.presence(text: [97, 10, 98]),
      Self.presence(emoji: "\u{9B}"), Self.presence(rooms: [String(repeating: "r", count: 201)]),
      Self.presence(rooms: eight, typing: 9), Self.presence(typing: 1),
      Self.presence(version: Field.bytes(1, Self.version(session: -1))),
      Self.presence(version: Field.bytes(1, Self.version(session: .max))),
      Self.presence(version: Field.bytes(1, Self.version(counter: .max))), Field.bytes(2, Self.version(session: .min)),
      Field.bytes(6, Self.version(counter: .max)), Self.cursor(room: ""), Self.cursor(version: []),
      Self.cursor(position: Self.pointer(anchor: String(repeating: "a", count: 65))),
      Self.clear(room: ""), Self.clear(version: []), Self.clear(version: Field.bytes(2, Self.version(session: -1))),
      Self.cursor(position: Field.bytes(5, Samples.bytes(97, Limits.cursorPayloadBytes + 1))),
      Self.cursor(position: Field.bytes(5, [0xff])), Self.cursor(position: Self.pointer(x: 65_536)),
      Self.cursor(position: Self.pointer(y: 65_536)),
      Self.presence() + Field.bytes(200, Samples.bytes(1, Limits.datagramBytes)),
    ]
    for (place, bytes) in bad.enumerated() { #expect(DatagramCodec.decode(bytes) == nil, "number \(place)") }
  }
}
