import BullpenCore
import BullpenCrypto

// A member's program that was changed to put what others have sealed where they did not put it.
extension Simulation {
  /// Places to which what is sealed may be moved.
  private enum Place: CaseIterable {
    /// A notification of the liar's own, in the same column or another, with the grants that the first row has.
    case ownRow, ownColumn
    /// The row that it is from, in another column.
    case otherColumn
    /// A table that seals as well, and one that does not.
    case otherTable, clearColumn
  }

  /// A notification as it is carried.
  private struct Carried {
    var key: RowKey
    var row: RowChange
    var grants: [RowChange]
    func content(_ column: String) -> [UInt8]? { row.cells.first { $0.column == column }?.content }
  }

  /// A node's device signs, in its own logs, a row that holds what another has sealed; which and where, the number decides.
  public func move(_ index: Int, luck: UInt64) {
    var dice = SeededRandomness(seed: luck)
    let node = nodes[index]
    guard node.isUp, let member = node.member else { return }
    let found = carried(at: node).filter { $0.key.writer != member && $0.content("title") != nil }
    guard !found.isEmpty else { return }
    let taken = dice.pick(found), place = dice.pick(Place.allCases)
    guard let title = taken.content("title") else { return }
    let body = taken.content("body") ?? title
    let wall = node.corrected
    let own = RowKey.own(member, RowID(at: wall, using: &dice))
    let readers = Set(taken.row.audience + [taken.key.writer, member]).sorted()
    func row(
      _ table: TableDeclaration, _ key: RowKey, _ cells: [(String, [UInt8])], for readers: [MemberID] = []
    ) -> RowChange {
      RowChange(
        table: table.name, key: key.bytes, audience: readers,
        cells: cells.map { CellChange(column: $0.0, content: $0.1) })
    }
    let rows: [RowChange] =
      switch place {
      case .ownRow:
        [row(Tables.notifications, own, [("title", title), ("body", body)], for: readers)]
          + grants(of: taken, to: own, Tables.notifications)
      case .ownColumn:
        [row(Tables.notifications, own, [("title", body), ("body", title)], for: readers)]
          + grants(of: taken, to: own, Tables.notifications)
      case .otherColumn:
        [row(Tables.notifications, taken.key, [("title", body), ("body", title)], for: taken.row.audience)]
      case .otherTable:
        [row(Tables.presenceSettings, own, [("visibility", title)], for: readers)]
          + grants(of: taken, to: own, Tables.presenceSettings)
      case .clearColumn: [row(Tables.activities, own, [("text", title)])]
      }
    let time = HybridTime(milliseconds: wall, counter: 0)
    slip(Slip(log: .passing, rows: rows, time: time, expiry: wall + Limits.longestLifetime), into: node)
  }

  /// What a node's disk has of notifications.
  private func carried(at node: SimulatedNode) -> [Carried] {
    guard let disk = node.disk, let heads = try? disk.heads() else { return [] }
    let logs = heads.sorted.filter { $0.log.kind == .passing && $0.head.sequence > 0 }
    let rows = logs.flatMap { log, head -> [RowChange] in
      let range = LogRange(log: log, first: 1, last: head.sequence, digest: head.digest)
      let segments = (try? disk.segments(range, maxBytes: 1 << 20)) ?? []
      return segments.flatMap(\.changes).flatMap(\.change.rows)
    }
    let grants = rows.filter { $0.table == Tables.grants.name }
    return rows.filter { $0.table == Tables.notifications.name }.compactMap { row in
      guard let key = RowKey(row.key, shape: Tables.notifications.key) else { return nil }
      // The granter and the row are at the beginning of a grant's key.
      return Carried(key: key, row: row, grants: grants.filter { $0.key.starts(with: row.key) })
    }
  }

  /// The same keys for the same readers, said to be of another row.
  private func grants(of taken: Carried, to key: RowKey, _ table: TableDeclaration) -> [RowChange] {
    guard let id = key.rowID(shape: table.key) else { return [] }
    let domain = Array("bullpen v1 grant target".utf8) + [0]
    let target = Blake2b.digest(domain, Array(table.name.utf8), [0], key.bytes).raw.upper
    return taken.grants.compactMap { grant in
      guard let reader = MemberID(bytes: grant.key[32..<48]) else { return nil }
      let moved = RowKey.grant(by: key.writer, row: id, to: reader, of: target)
      return RowChange(table: Tables.grants.name, key: moved.bytes, cells: grant.cells)
    }
  }
}
