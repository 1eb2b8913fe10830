import BullpenCore
import BullpenWire

// A device that is out, whose program was changed not to heed it: it goes on, and offers what it writes to whoever connects.
extension SimulatedNode {
  func isCutOff(by statement: ProvedStatement) -> Bool { isCutOff(by: statement.statement) }

  /// Whether a segment brings the word that this device is out.
  func isCutOff(by segment: Segment) -> Bool {
    segment.changes.flatMap(\.change.rows).contains { row in
      guard row.table == Tables.statements.name, let cell = row.cells.first,
        case .clear(.bytes(let bytes)) = CellContent(bytes: cell.content),
        // After the signature.
        let statement = StatementCodec.decode(Array(bytes.dropFirst(64)))
      else { return false }
      return isCutOff(by: statement)
    }
  }

  private func isCutOff(by statement: Statement) -> Bool {
    if case .cut(let cut) = statement.claim { cut.device == device } else { false }
  }
}

extension Simulation {
  /// Who was out and is not, for who cut it is out by now, has nothing to defy.
  func heedAgain() {
    for node in staying where node.lie == .defying { node.becomeHonest() }
  }

  /// What a device that is out wrote after that, and somebody is shown.
  func gains() -> [String] {
    let staying = staying
    guard let membership = staying.first(where: \.isUp)?.run?.machine.membership else { return [] }
    var found: [String] = []
    var seen: Set<Ledger.Row> = []
    for write in ledger.acknowledged {
      // A row that was there already is shown as it was.
      let new = write.rows.filter { $0.table == Tables.activities.name && seen.insert($0).inserted }
      for head in write.heads where membership.isCut(head.log.device) {
        guard let author = nodes.first(where: { $0.device == head.log.device }),
          head.head.sequence > membership.mostKept(of: head.log)
        else { continue }
        for key in new.compactMap({ RowKey($0.key, shape: Tables.activities.key) }) {
          for node in staying where (try? node.store?.activity(key, wall: wall)) ?? nil != nil {
            found.append("\(node.name) shows what \(author.name) wrote when it was out")
          }
        }
      }
    }
    return found
  }
}

extension Membership {
  /// How much of a log any of the cuts of its device lets stand, whether or not that one counts.
  fileprivate func mostKept(of log: LogID) -> UInt64 {
    statements.map(\.value.statement.claim).reduce(0) { most, claim in
      guard case .cut(let cut) = claim, cut.device == log.device else { return most }
      return cut.kept.filter { $0.log == log }.map(\.head.sequence).reduce(most, max)
    }
  }
}
