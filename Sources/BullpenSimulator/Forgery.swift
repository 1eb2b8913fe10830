import BullpenCore
import BullpenCrypto
import BullpenWire

// A member's program that was changed to lie.
extension Simulation {
  /// A change that a changed program makes by itself, and the log that it is for.
  struct Slip {
    var log: LogKind
    var rows: [RowChange]
    /// Unless the log is there already.
    var time: HybridTime
    /// In Unix milliseconds; 0 for never.
    var expiry: Int64 = 0
  }

  /// A node writes an activity and another name in another's name, numbered, chained and signed in its own logs as
  /// it should be: only the writer rule stands against it.
  public func forge(_ index: Int, as other: Int) {
    let node = nodes[index]
    guard node.isUp, let victim = nodes[other].member, victim != node.member else { return }
    let wall = node.corrected
    let activity = RowKey.own(victim, RowID(at: wall, using: &node.random))
    let lies = [
      (Tables.activities, activity, ["kind": "note", "text": "I never said that"]),
      (Tables.members, RowKey.member(victim), ["display_name": "nobody"]),
    ]
    for (table, key, texts) in lies {
      let row = RowChange(clear: RowDraft(table, key, cells: texts.mapValues { .text($0) }))
      let time = HybridTime(milliseconds: wall, counter: 0)
      slip(Slip(log: table.log, rows: [row], time: time, expiry: table.expiry(of: key) ?? 0), into: node)
    }
  }

  /// Puts a change at the end of one of a node's own logs, past all that its program would look at.
  ///
  /// - Parameter then: hears of it once it is on disk.
  func slip(_ slip: Slip, into node: SimulatedNode, then: @escaping (LogHead) -> Void = { _ in }) {
    guard let run = node.run, let store = node.store else { return }
    let log = LogID(device: node.device, incarnation: store.incarnation, kind: slip.log)
    let (author, wall) = (node.author.device, node.corrected)
    node.ask(run) { disk in
      guard let head = try? disk.heads()[log] else { return nil }
      let last = try? disk.segments(LogRange(log: log, first: head.sequence, last: head.sequence), maxBytes: 1)
      let after = HybridTime(raw: (last?.last?.entries.last?.time.raw ?? 0) + 1)
      let entry = Entry(
        time: max(slip.time, after), expiry: slip.expiry,
        payload: .present(ChangeCodec.encode(Change(rows: slip.rows))))
      let digest = Chain.digest(store.workspace, log, head.sequence + 1, previous: head.digest, entry)
      let segment = Segment(
        log: log, first: head.sequence + 1, previous: head.digest, entries: [entry],
        signature: Chain.sign(digest, by: author))
      guard let outcome = try? disk.apply([segment], from: node.device, wall: wall, certain: wall) else { return nil }
      let now = LogHead(log: log, head: Head(sequence: head.sequence + 1, digest: digest))
      if outcome.heads.contains(now) { then(now) }
      return .applied(nil, outcome)
    }
  }
}
