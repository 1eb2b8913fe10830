import BullpenCore
import BullpenCrypto
import BullpenWire

// A member's program that was changed to tell one thing to some and another to others.
extension Simulation {
  /// What somebody signs: for how long it is past by its stamp, in milliseconds, and what it says.
  public typealias Claim = (age: Int64, text: String)

  /// A history of activities that a node's device signs beside its own, as one segment.
  ///
  /// - Parameter incarnation: histories of the same are branches of one log.
  public func history(of index: Int, _ incarnation: Incarnation, _ claims: [Claim]) -> Segment? {
    let node = nodes[index]
    guard let member = node.member, let workspace else { return nil }
    let log = LogID(device: node.device, incarnation: incarnation, kind: .passing)
    var digest = Digest.zero
    let entries = claims.enumerated().map { place, claim in
      let time = HybridTime(milliseconds: wall - claim.age, counter: UInt16(place))
      let key = RowKey.own(member, RowID(at: time.milliseconds, using: &random))
      let row = RowDraft(Tables.activities, key, cells: ["kind": .text("note"), "text": .text(claim.text)])
      ledger.asked(row)
      let cells = row.cells.sorted { $0.key < $1.key }.map { column, value in
        CellChange(column: column, content: CellContent.clear(value).bytes)
      }
      let change = Change(rows: [RowChange(table: Tables.activities.name, key: key.bytes, cells: cells)])
      let entry = Entry(
        time: time, expiry: Tables.activities.expiry(of: key) ?? 0, payload: .present(ChangeCodec.encode(change)))
      digest = Chain.digest(workspace, log, UInt64(place + 1), previous: digest, entry)
      return entry
    }
    return Segment(
      log: log, first: 1, previous: .zero, entries: entries, signature: Chain.sign(digest, by: node.author.device))
  }

  /// The same from a later entry on: its signature proves that much too.
  public func end(of segment: Segment, from first: UInt64) -> Segment? {
    guard (segment.first...segment.last).contains(first),
      let previous = segment.digest(at: first - 1, in: workspace)
    else { return nil }
    return segment.suffix(from: first, previous: previous)
  }

  /// A node hears a segment from the device that has signed it, and nobody else does so far.
  public func tell(_ index: Int, _ segment: Segment) {
    let node = nodes[index]
    guard node.isUp, let run = node.run else { return }
    let wall = run.machine.corrected(node.instant)
    node.ask(run) { disk in
      (try? disk.apply([segment], from: segment.log.device, wall: wall, certain: wall)).map { .applied(nil, $0) }
    }
  }
}
