import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation
import GRDB

/// What can still be read of a damaged file. Nothing of it is believed because the file says so: segments and
/// statements prove themselves later, by chain and signature.
struct Salvage {
  /// Segments that were found, in a file of SQLite's own: they may be more than fits in memory.
  private let pool: DatabaseQueue
  private let prover: any Prover
  private(set) var statements: [StatementID: Verified<ProvedStatement>] = [:]
  private(set) var peers: Set<RememberedPeer> = []
  /// Unix milliseconds that had come for certain, as far as any page says it: what has come stays so.
  private(set) var certain: Int64?

  struct Log: Hashable {
    var log: LogID
    /// How far it was seen to reach, proved or not.
    var last: UInt64
  }

  init(prover: any Prover) throws {
    self.prover = prover
    pool = try Scratch.database()
    try pool.write { db in
      try db.execute(
        sql: """
          CREATE TABLE found (
            device BLOB, incarnation BLOB, kind INTEGER, first INTEGER, last INTEGER, present INTEGER,
            signature BLOB, bytes BLOB,
            PRIMARY KEY (device, incarnation, kind, first, last, present, signature)
          ) STRICT
          """)
    }
  }

  func close() throws { try pool.close() }

  // MARK: - Finding

  mutating func search(_ path: String, progress: (KeepingProgress) -> Void) throws {
    guard let carver = PageCarver(path) else { return }
    try pool.writeWithoutTransaction { db in
      try db.inTransaction {
        try carver.forEachRecord { page in
          if page % 256 == 0 { progress(.searched(pages: page, of: carver.pages)) }
        } _: { record in
          try take(record, db)
        }
        return .commit
      }
    }
  }

  /// Rows show what they are by their shape alone.
  private mutating func take(_ record: PageCarver.Record, _ db: Database) throws {
    for value in record {
      guard let bytes = value.blob, bytes.count > 64, let segment = SegmentCodec.decode(bytes) else { continue }
      try add(segment, bytes, db)
      return
    }
    let isCertain = record.count == 2 && record[0].text == Array(Meta.Name.certain.rawValue.utf8)
    if isCertain, let time = record[1].integer { certain = max(certain ?? time, time) }
    if record.count == 3, let body = record[1].blob, let signature = record[2].blob.flatMap({ Signature(bytes: $0) }) {
      take(SignedStatement(body: body, signature: signature))
    } else if record.count == 5, let device = record[0].blob.flatMap({ DeviceID(bytes: $0) }),
      let address = record[1].blob, let scope = record[2].integer.flatMap({ UInt32(exactly: $0) }),
      let port = record[3].integer.flatMap({ UInt16(exactly: $0) }), let success = record[4].integer,
      let endpoint = Endpoint(address: address, scope: scope, port: port), peers.count < 10_000
    {
      peers.insert(RememberedPeer(device: device, endpoint: endpoint, lastSuccess: success))
    }
  }

  private mutating func add(_ segment: Segment, _ bytes: [UInt8], _ db: Database) throws {
    let present = segment.entries.count { if case .present = $0.payload { true } else { false } }
    try db.cachedStatement(sql: "INSERT OR IGNORE INTO found VALUES (?, ?, ?, ?, ?, ?, ?, ?)").execute(arguments: [
      Data(segment.log.device.bytes), Data(segment.log.incarnation.bytes), Int64(segment.log.kind.rawValue),
      Int64(segment.first), Int64(segment.last), present, Data(segment.signature.bytes), Data(bytes),
    ])
    guard segment.log.kind == .lasting else { return }
    // Every statement is an entry of its author's log too.
    for entry in segment.entries {
      guard case .present(let payload) = entry.payload, let change = ChangeCodec.decode(payload) else { continue }
      for row in change.rows where row.table == Tables.statements.name {
        if let signed = row.signedStatement { take(signed) }
      }
    }
  }

  private mutating func take(_ signed: SignedStatement) {
    guard statements.count < Limits.statements, let proved = prover.prove(signed) else { return }
    statements[proved.value.id] = proved
  }

  // MARK: - What was found

  func logs() throws -> [Log] {
    try pool.read { db in
      let sql = "SELECT device, incarnation, kind, max(last) FROM found GROUP BY device, incarnation, kind"
      return try Row.fetchAll(db, sql: sql).compactMap { row in
        guard let device = row.blob(0).flatMap({ DeviceID(bytes: $0) }),
          let incarnation = row.blob(1).flatMap({ Incarnation(bytes: $0) }),
          let kind = row.integer(2).flatMap({ UInt8(exactly: $0) }).flatMap(LogKind.init)
        else { return nil }
        return Log(
          log: LogID(device: device, incarnation: incarnation, kind: kind),
          last: UInt64(bitPattern: row.integer(3) ?? 0))
      }
    }
  }

  /// The segments of a log in order, those with most in them first, until `visit` says that it is enough.
  func segments(of log: LogID, _ visit: ([Segment]) throws -> Bool) throws {
    try pool.read { db in
      let sql = """
        SELECT bytes FROM found WHERE device = ? AND incarnation = ? AND kind = ?
        ORDER BY first, last DESC, present DESC
        """
      let rows = try Data.fetchCursor(
        db, sql: sql,
        arguments: [Data(log.device.bytes), Data(log.incarnation.bytes), Int64(log.kind.rawValue)])
      var batch: [Segment] = []
      var size = 0
      while let bytes = try rows.next() {
        guard let segment = SegmentCodec.decode(Array(bytes)) else { continue }
        batch.append(segment)
        size += segment.cost
        guard size > 1_024 * 1_024 else { continue }
        guard try visit(batch) else { return }
        (batch, size) = ([], 0)
      }
      _ = try visit(batch)
    }
  }
}
