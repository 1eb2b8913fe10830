import BullpenCore
import BullpenCrypto
import BullpenWire

// A member's program that was changed to lie.
extension Simulation {
  /// A node writes an activity and another name in another's name, numbered, chained and signed in its own logs as
  /// it should be: only the writer rule stands against it.
  public func forge(_ index: Int, as other: Int) {
    let node = nodes[index]
    guard node.isUp, let run = node.run, let store = node.store, let victim = nodes[other].member,
      victim != node.member
    else { return }
    let wall = run.machine.corrected(node.instant)
    let activity = RowKey.own(victim, RowID(at: wall, using: &node.random))
    let lies = [
      (Tables.activities, activity, ["kind": "note", "text": "I never said that"]),
      (Tables.members, RowKey.member(victim), ["display_name": "nobody"]),
    ]
    for (table, key, texts) in lies {
      let cells = texts.sorted { $0.key < $1.key }.map { column, text in
        CellChange(column: column, content: CellContent.clear(.text(text)).bytes)
      }
      let change = Change(rows: [RowChange(table: table.name, key: key.bytes, cells: cells)])
      let log = LogID(device: node.device, incarnation: store.incarnation, kind: table.log)
      let author = node.author.device
      node.ask(run) { disk in
        guard let head = try? disk.heads()[log] else { return nil }
        let last = try? disk.segments(LogRange(log: log, first: head.sequence, last: head.sequence), maxBytes: 1)
        let after = HybridTime(raw: (last?.last?.entries.last?.time.raw ?? 0) + 1)
        let entry = Entry(
          time: max(HybridTime(milliseconds: wall, counter: 0), after), expiry: table.expiry(of: key) ?? 0,
          payload: .present(ChangeCodec.encode(change)))
        let digest = Chain.digest(store.workspace, log, head.sequence + 1, previous: head.digest, entry)
        let segment = Segment(
          log: log, first: head.sequence + 1, previous: head.digest, entries: [entry],
          signature: Chain.sign(digest, by: author))
        return (try? disk.apply([segment], from: node.device, wall: wall, certain: wall)).map { .applied(nil, $0) }
      }
    }
  }
}
