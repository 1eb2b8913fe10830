import BullpenCore
import BullpenCrypto
import BullpenWire

/// What is written, read and written again is the same bytes; and no more of them than were read, for numbers have one
/// shortest form and fields that a later version added are left out.
private func returns<Value: Equatable>(
  _ value: Value, from bytes: [UInt8], _ encode: (Value) -> [UInt8], _ decode: ([UInt8]) throws -> Value?
) throws {
  let written = encode(value)
  try require(written.count <= bytes.count, "\(bytes.count) bytes were read and \(written.count) are written")
  let again = try decode(written)
  try require(again == value, "written and read again it is another value: \(value)")
}

/// Bodies of datagrams, as a member's node sends them.
final class DatagramBodyTarget: FuzzTarget {
  static let name = "datagram-body"
  static let form = InputForm.protobuf
  static func seeds() -> [[UInt8]] { Samples.datagrams.map(DatagramCodec.encode) }

  func run(_ bytes: [UInt8]) throws -> String {
    guard let body = try Memory.held(from: bytes.count, { DatagramCodec.decode(bytes) }) else { return "none" }
    try require(bytes.count <= Limits.datagramBytes, "\(bytes.count) bytes are too many for a datagram")
    try returns(body, from: bytes, DatagramCodec.encode, DatagramCodec.decode)
    switch body {
    case .presence(let update):
      let presence = update.presence
      try require(
        presence.customStatus.count <= Limits.customStatusCharacters
          && presence.customStatus.utf8.count <= Limits.customStatusBytes
          && presence.customEmoji.count <= Limits.emojiCharacters
          && presence.customEmoji.utf8.count <= Limits.emojiBytes, "a custom status is too long")
      try require(
        presence.rooms.count <= Limits.roomsPerDevice && RoomID.fit(presence.rooms)
          && presence.rooms == Set(presence.rooms).sorted(), "rooms are too many, or not in order")
      try require(presence.typing.map(presence.rooms.contains) ?? true, "typing in a room that it is not in")
      let body = DatagramCodec.encode(body).count
      try require(body <= DatagramHeader.maximumBody, "a presence of \(body) bytes fits no datagram")
    case .cursor(let update):
      try require((1...Limits.roomBytes).contains(update.room.name.utf8.count), "a room's name is too long")
      let anchor = update.position?.pointer?.anchor ?? ""
      try require(anchor.utf8.count <= Limits.anchorBytes, "an anchor's name is too long")
      let payload = update.position?.payload ?? ""
      try require(payload.utf8.count <= Limits.cursorPayloadBytes, "a payload is too long")
      let body = DatagramCodec.encode(body).count
      try require(body <= DatagramHeader.maximumBody, "a cursor of \(body) bytes fits no datagram")
    case .cursorClear(let clear):
      try require((1...Limits.roomBytes).contains(clear.room.name.utf8.count), "a room's name is too long")
    case .acknowledge, .probe, .probeAnswer, .goodbye: break
    }
    return kind(body)
  }
}

/// Messages on a connection.
final class MessageTarget: FuzzTarget {
  static let name = "message"
  static let form = InputForm.protobuf
  static func seeds() -> [[UInt8]] { Samples.messages().map(PeerMessageCodec.encode) }

  func run(_ bytes: [UInt8]) throws -> String {
    let message: PeerMessage
    do throws(WireError) {
      message = try PeerMessageCodec.decode(bytes)
    } catch {
      try require(error == .malformed, "a message is refused for \(error)")
      return "none"
    }
    _ = try Memory.held(from: bytes.count) { try PeerMessageCodec.decode(bytes) }
    try require(bytes.count <= Limits.frameBytes, "\(bytes.count) bytes are too many for a frame")
    try returns(message, from: bytes, PeerMessageCodec.encode) { try PeerMessageCodec.decode($0) }
    try bounds(message)
    return kind(message)
  }

  private func bounds(_ message: PeerMessage) throws {
    switch message {
    case .introduce(let statements), .ground(let statements), .join(.chain(let statements)),
      .join(.welcome(let statements)),
      .join(.linked(let statements, _)):
      try require(statements.count <= Limits.chain, "\(statements.count) statements in a chain")
    case .statements(let exchange):
      try require(
        exchange.known.count <= Limits.statementChunk && exchange.statements.count <= Limits.statementChunk,
        "an exchange of too many statements")
      try require(exchange.known == Set(exchange.known).sorted(), "ids are not in order")
    case .join(.details(let details)):
      try require((1...Limits.nameBytes).contains(details.name.utf8.count), "a name is too long")
    case .have(let have):
      try require((have.heads ?? []).count <= Limits.headsPerMessage, "too many heads")
    case .acknowledge(let acknowledgement):
      try require(acknowledgement.heads.count <= Limits.headsPerMessage, "too many heads")
    case .announce(let heads): try require(heads.count <= Limits.headsPerMessage, "too many heads")
    case .want(let want):
      try require(want.ranges.count <= Limits.rangesQueued, "too many ranges")
      for range in want.ranges { try require(range.first >= 1 && range.last >= range.first, "a range of nothing") }
    case .segments(let batch): for segment in batch.segments { try check(segment) }
    case .addresses(let peers):
      try require(
        peers.count <= Limits.addressesTold && peers.allSatisfy { $0.endpoints.count <= Limits.addressesPerPeer },
        "too many addresses")
    case .hello, .recognise, .join(.prove), .refuse, .datagramSession, .ping, .pong, .vouch, .vouchAnswer, .goodbye:
      break
    }
  }
}

private func check(_ segment: Segment) throws {
  try require(
    segment.first >= 1 && segment.last >= segment.first && segment.cost > 0
      && (1...Limits.segmentEntries).contains(segment.entries.count), "a segment beyond its bounds")
  for entry in segment.entries {
    try require(entry.time.raw >= 0 && entry.expiry >= 0, "an entry before all time")
    guard case .present(let bytes) = entry.payload else { continue }
    try require(bytes.count <= Limits.changeBytes, "a payload of \(bytes.count) bytes")
  }
  // What nobody signed is not proved, and asking never traps.
  try require(Chain.check(segment, in: Samples.id32(0x57)) == nil, "a chain holds that nobody signed")
}

/// Runs of a log.
final class SegmentTarget: FuzzTarget {
  static let name = "segment"
  static let form = InputForm.protobuf
  static func seeds() -> [[UInt8]] { [SegmentCodec.encode(Samples.segment)] }

  func run(_ bytes: [UInt8]) throws -> String {
    guard let segment = try Memory.held(from: bytes.count, { SegmentCodec.decode(bytes) }) else { return "none" }
    try returns(segment, from: bytes, SegmentCodec.encode, SegmentCodec.decode)
    try check(segment)
    return "\(min(segment.entries.count, 4)) entries"
  }
}

/// Statements about membership, before anybody looks who signed.
final class StatementTarget: FuzzTarget {
  static let name = "statement"
  static let form = InputForm.protobuf
  static func seeds() -> [[UInt8]] { Samples.statements.map(StatementCodec.encode) }

  func run(_ bytes: [UInt8]) throws -> String {
    guard let statement = try Memory.held(from: bytes.count, { StatementCodec.decode(bytes) }) else { return "none" }
    try require(bytes.count <= Limits.statementBytes, "\(bytes.count) bytes are too many for a statement")
    try returns(statement, from: bytes, StatementCodec.encode, StatementCodec.decode)
    try require(statement.sequence >= 1 && statement.time.raw >= 0, "a statement before all others")
    switch statement.claim {
    case .genesis(let genesis):
      try require((1...Limits.nameBytes).contains(genesis.name.utf8.count), "a name is too long")
    case .cut(let cut): try require(cut.kept.count <= Limits.cutLogs, "a cut of too many logs")
    case .demotion(let demotion):
      try require(
        demotion.role < .owner && (1...Limits.demotionEnds).contains(demotion.ended.count)
          && demotion.kept.count <= Limits.cutLogs, "a demotion beyond its bounds")
    case .succession(let succession):
      try require(succession.replaced.count <= Limits.replacedNamings, "a naming that replaces too many")
    case .takeover(let takeover):
      try require(takeover.kept.count <= Limits.demotionLogs, "a takeover that lists too many logs")
    case .generation(let generation):
      try require(
        generation.without.count <= Limits.keyBoxes && (1...Limits.keyBoxes).contains(generation.boxes.count)
          && generation.boxes.allSatisfy { $0.box.count == Limits.keyBoxBytes }, "a key beyond its bounds")
    case .voiding(let entry): try require(entry.head.sequence >= 1, "a voiding of what is before all entries")
    case .invite(let invite): try require(invite.uses >= 1 && invite.expiry >= 0, "an invite for nobody")
    default: break
    }
    return kind(statement.claim)
  }
}

/// Payloads of log entries: rows, keys and cells.
final class ChangeTarget: FuzzTarget {
  static let name = "change"
  static let form = InputForm.protobuf
  static let words = Tables.all.flatMap { table in [table.name] + table.columns.map(\.name) }.map { Array($0.utf8) }
  static func seeds() -> [[UInt8]] { Samples.changes.map(ChangeCodec.encode) }

  func run(_ bytes: [UInt8]) throws -> String {
    guard let change = try Memory.held(from: bytes.count, { ChangeCodec.decode(bytes) }) else { return "none" }
    try require(bytes.count <= Limits.changeBytes, "\(bytes.count) bytes are too many for a change")
    try returns(change, from: bytes, ChangeCodec.encode, ChangeCodec.decode)
    try require((1...Limits.changeRows).contains(change.rows.count), "\(change.rows.count) rows")
    try require(change.rows.reduce(0) { $0 + $1.cells.count } <= Limits.changeCells, "too many cells")
    var kinds: Set<String> = []
    for row in change.rows {
      try require(
        row.audience.count <= Limits.audience && row.audience == Set(row.audience).sorted(),
        "an audience that is too large, or not in order")
      for shape in [KeyShape.own, .mark, .perMember, .named, .grant] {
        guard let key = RowKey(row.key, shape: shape) else { continue }
        try require(key.bytes == row.key && RowKey(key.description, shape: shape) == key, "a key that does not return")
        _ = (key.writer, key.rowID(shape: shape)?.milliseconds, key.markedSender)
      }
      for cell in row.cells {
        guard let content = CellContent(bytes: cell.content) else { continue }
        try require(content.bytes == cell.content, "a cell that does not return")
        kinds.insert(kind(content) + String(cell.content.first ?? 0))
      }
    }
    return kinds.sorted().joined(separator: " ")
  }
}
