import BullpenCore
import BullpenCrypto
import BullpenWire

// A member's program that was changed to tell one thing to some and another to others.
extension Simulation {
  /// What somebody signs: for how long it is past by its stamp, in milliseconds, and what it says.
  public typealias Claim = (age: Int64, text: String)

  /// What a device signs at one moment.
  private typealias Writing = (time: HybridTime, rows: [RowDraft])

  /// A history of activities that a node's device signs beside its own, as one segment.
  ///
  /// - Parameter incarnation: histories of the same are branches of one log.
  public func history(of index: Int, _ incarnation: Incarnation, _ claims: [Claim]) -> Segment? {
    let node = nodes[index]
    guard let member = node.member else { return nil }
    let log = LogID(device: node.device, incarnation: incarnation, kind: .passing)
    let writings = claims.enumerated().map { place, claim in
      let time = HybridTime(milliseconds: wall - claim.age, counter: UInt16(place))
      return (time, [activity(of: member, at: time, claim.text, &random)])
    }
    return sign(writings, as: node, into: log, after: .start)
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
    if let author = nodes.first(where: { $0.device == segment.log.device }) { hadBranches.insert(author.index) }
    tell(nodes[index], segment) { _ in }
  }

  /// A node's device signs two or three histories that part, of rows that pass or last, in the log that it writes or in one
  /// of its own making. Each of the others that run hears one of them, and not all hear the same.
  func equivocate(_ index: Int, luck: UInt64) {
    var dice = SeededRandomness(seed: luck)
    let liar = nodes[index]
    let hearers = nodes.filter { $0.isUp && $0 !== liar }.shuffled(using: &dice)
    guard liar.isUp, hearers.count >= 2, let member = liar.member, let store = liar.store, let disk = liar.disk,
      let heads = try? disk.heads()
    else { return }
    let kind = dice.pick(LogKind.allCases)
    let incarnation = dice.chance(500) ? store.incarnation : Incarnation(using: &dice)
    let log = LogID(device: liar.device, incarnation: incarnation, kind: kind)
    let ground = heads[log]
    let range = LogRange(log: log, first: ground.sequence, last: ground.sequence, digest: ground.digest)
    let last = ground.sequence == 0 ? nil : try? disk.segments(range, maxBytes: 1).last?.entries.last?.time
    let first = max(HybridTime(milliseconds: wall, counter: 0).raw, (last?.raw ?? 0) + 1)
    func write(_ count: Int, from place: Int, _ name: String) -> [Writing] {
      (place..<place + count).map { place in
        let time = HybridTime(raw: first + Int64(place))
        switch kind {
        case .passing: return (time, [activity(of: member, at: time, "\(name) \(place)", &dice)])
        case .lasting:
          let settings = ["\(name) \(place)", "colour"].compactMap { setting(of: member, $0, to: name) }
          return (time, settings)
        }
      }
    }
    let shared = write(dice.below(3), from: 0, "to all, \(luck)")
    let stories = (0..<min(2 + dice.below(2), hearers.count)).map { number in
      shared + write(1 + dice.below(3), from: shared.count, "to some, \(luck) \(number)")
    }
    let segments = stories.map { sign($0, as: liar, into: log, after: ground) }
    for (place, hearer) in hearers.enumerated() {
      let story = place % stories.count
      guard let segment = segments[story], let head = segment.head(in: workspace) else { continue }
      let told = LogHead(log: log, head: head)
      let rows = stories[story].flatMap(\.rows)
      let teller = Ledger.Teller(node: liar.name, wall: wall)
      tell(hearer, segment) { [unowned self] outcome in
        guard outcome.heads.contains(told) else { return }
        ledger.acknowledged.append(
          Ledger.Acknowledged(
            node: hearer.name, heads: [told], rows: rows.map { Ledger.Row(table: $0.table.name, key: $0.key.bytes) },
            expiry: rows.map { $0.table.expiry(of: $0.key) ?? .max }.min() ?? .max, teller: teller))
      }
    }
  }

  /// Logs of which their device showed one history to some and another to others, and which the office has to know all of.
  func equivocations() -> [(teller: String, heads: [LogHead])] {
    let names = Set(staying.map(\.name))
    let told = ledger.acknowledged.filter { write in
      guard let teller = write.teller else { return false }
      return write.isBy(names) && write.isKept(by: names) && wall - teller.wall < Limits.forkMemory
    }
    let logs = Dictionary(grouping: told) { $0.heads[0].log }.sorted { $0.key < $1.key }
    return logs.compactMap { _, writes in
      let heads = Set(writes.map { $0.heads[0] })
      guard heads.count > 1, let teller = writes.first?.teller?.node else { return nil }
      return (teller, heads.sorted { $0.head < $1.head })
    }
  }

  /// Nodes whose persons are not told who tells one thing to some and another to others.
  func unnamed() -> [String] {
    equivocations().flatMap { teller, heads in
      staying.filter(\.isUp).filter { node in
        let notices = (try? node.store?.forkNotices(at: wall)) ?? []
        return !notices.contains { $0.device == heads[0].log.device && $0.branches >= heads.count }
      }.map { "\($0.name) does not name \(teller), who told one thing to some and another to others" }
    }
  }

  // MARK: - What is told

  func activity(
    of member: MemberID, at time: HybridTime, _ text: String, _ random: inout SeededRandomness
  ) -> RowDraft {
    let key = RowKey.own(member, RowID(at: time.milliseconds, using: &random))
    return RowDraft(Tables.activities, key, cells: ["kind": .text("note"), "text": .text(text)])
  }

  func setting(of member: MemberID, _ name: String, to value: String) -> RowDraft? {
    RowKey.named(member, name).map { RowDraft(Tables.settings, $0, cells: ["value": .text(value)]) }
  }

  /// Nil where nothing is written.
  private func sign(_ writings: [Writing], as node: SimulatedNode, into log: LogID, after ground: Head) -> Segment? {
    var digest = ground.digest
    let entries = writings.enumerated().map { place, writing in
      for row in writing.rows { ledger.asked(row) }
      let change = Change(rows: writing.rows.map { RowChange(clear: $0) })
      let entry = Entry(
        time: writing.time, expiry: writing.rows.compactMap { $0.table.expiry(of: $0.key) }.max() ?? 0,
        payload: .present(ChangeCodec.encode(change)))
      digest = Chain.digest(workspace, log, ground.sequence + UInt64(place + 1), previous: digest, entry)
      return entry
    }
    guard !entries.isEmpty else { return nil }
    return Segment(
      log: log, first: ground.sequence + 1, previous: ground.digest, entries: entries,
      signature: Chain.sign(digest, by: node.author.device))
  }

  private func tell(_ node: SimulatedNode, _ segment: Segment, then: @escaping (ApplyOutcome) -> Void) {
    guard node.isUp, let run = node.run else { return }
    let wall = run.machine.corrected(node.instant)
    node.ask(run) { disk in
      guard let outcome = try? disk.apply([segment], from: segment.log.device, wall: wall, certain: wall) else {
        return nil
      }
      then(outcome)
      return .applied(nil, outcome)
    }
  }
}

extension RowChange {
  /// As it is written where nothing is sealed.
  init(clear row: RowDraft) {
    self.init(
      table: row.table.name, key: row.key.bytes,
      cells: row.cells.sorted { $0.key < $1.key }.map {
        CellChange(column: $0, content: CellContent.clear($1).bytes)
      })
  }
}

extension Segment {
  /// The head after its last entry.
  fileprivate func head(in workspace: WorkspaceID) -> Head? {
    digest(at: last, in: workspace).map { Head(sequence: last, digest: $0) }
  }
}
