// A member's program that was changed to lie: it writes, into its own log, a row in another member's name. The
// change is chained and signed as it should be, so only the writer rule stands against it.
//
//     forge DATABASE KEYFILE VICTIM activity TEXT    an activity that the victim never wrote
//     forge DATABASE KEYFILE VICTIM rename TEXT      another name for the victim
//
// The node of that home must not run. DATABASE is its workspace's file, VICTIM a member id in hexadecimal.
import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation
import GRDB

struct Failure: Error { let reason: String }

func forge(database: String, keyFile: String, victim: MemberID, deed: String, text: String) throws {
  let key = DeviceKey(seed: try KeyFile.load(keyFile))
  let queue = try DatabaseQueue(path: database)
  try queue.write { db in
    func meta(_ name: String) throws -> Data {
      guard let bytes = try Data.fetchOne(db, sql: "SELECT value FROM node_meta WHERE name = ?", arguments: [name])
      else { throw Failure(reason: "no \(name) in \(database)") }
      return bytes
    }
    guard let workspace = WorkspaceID(bytes: try meta("workspace")),
      let incarnation = Incarnation(bytes: try meta("incarnation"))
    else { throw Failure(reason: "the ids in \(database) cannot be read") }

    let now = Int64(Date().timeIntervalSince1970 * 1_000)
    let (table, row) = try lie(deed, victim, text, at: now)
    let log = LogID(device: key.id, incarnation: incarnation, kind: table.log)
    guard
      let found = try Row.fetchOne(
        db,
        sql: """
          SELECT l.id, l.sequence, l.digest, l.time FROM node_logs l JOIN node_devices d ON d.id = l.device
          WHERE d.device = ? AND l.incarnation = ? AND l.kind = ?
          """, arguments: [Data(key.id.bytes), Data(incarnation.bytes), Int64(table.log.rawValue)]),
      let previous = Digest(bytes: found["digest"] as Data)
    else { throw Failure(reason: "this device has no such log yet: let it write something first") }

    let number: Int64 = found["id"]
    let sequence = UInt64(found["sequence"] as Int64) + 1
    let last = HybridTime(raw: found["time"])
    let time = max(HybridTime(milliseconds: now, counter: 0), HybridTime(raw: last.raw + 1))
    let expiry = RowKey(unknown: row.key).flatMap(table.expiry) ?? 0
    let entry = Entry(time: time, expiry: expiry, payload: .present(ChangeCodec.encode(Change(rows: [row]))))
    let digest = Chain.digest(workspace, log, sequence, previous: previous, entry)
    let segment = Segment(
      log: log, first: sequence, previous: previous, entries: [entry], signature: Chain.sign(digest, by: key))
    guard Chain.check(segment, in: workspace) != nil else { throw Failure(reason: "the forgery is not well made") }

    try db.execute(
      sql: "INSERT INTO node_segments (log, first, last, expiry, bytes) VALUES (?, ?, ?, ?, ?)",
      arguments: [
        number, Int64(sequence), Int64(sequence), expiry == 0 ? nil : expiry, Data(SegmentCodec.encode(segment)),
      ])
    try db.execute(
      sql: "UPDATE node_logs SET sequence = ?, digest = ?, time = ? WHERE id = ?",
      arguments: [Int64(sequence), Data(digest.bytes), time.raw, number])
    try db.execute(sql: "UPDATE node_meta SET value = max(value, ?) WHERE name = 'clock'", arguments: [time.raw])
  }
  try queue.close()
}

/// The row in the victim's name.
func lie(_ deed: String, _ victim: MemberID, _ text: String, at now: Int64) throws -> (TableDeclaration, RowChange) {
  func cell(_ column: String, _ text: String) -> CellChange {
    CellChange(column: column, content: CellContent.clear(.text(text)).bytes)
  }
  var random = SystemRandomNumberGenerator()
  switch deed {
  case "activity":
    let key = RowKey.own(victim, RowID(at: now, using: &random))
    let cells = [cell("kind", "note"), cell("text", text)]
    return (Tables.activities, RowChange(table: Tables.activities.name, key: key.bytes, cells: cells))
  case "rename":
    let key = RowKey.member(victim)
    return (
      Tables.members,
      RowChange(table: Tables.members.name, key: key.bytes, cells: [cell("display_name", text)])
    )
  default:
    throw Failure(reason: "a deed is `activity` or `rename`")
  }
}

let words = CommandLine.arguments
guard words.count == 6, let victim = MemberID(bytes: Hex.decode(words[3]) ?? []) else {
  print("usage: forge DATABASE KEYFILE VICTIM activity|rename TEXT")
  exit(64)
}
do {
  try forge(database: words[1], keyFile: words[2], victim: victim, deed: words[4], text: words[5])
} catch {
  print("forge: \(error)")
  exit(1)
}
