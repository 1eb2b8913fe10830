/// How far devices' logs are known and where the statements in them end: what a cut, a demotion or a takeover keeps.
///
/// Whoever holds the key of a lost laptop can sign any line of statements beside the log, as long as it likes. So what
/// this node holds of the log itself comes first: the last statement that is an entry of it is given, and only what
/// goes on from there extends it.
extension Membership {
  /// As many logs of some devices as one statement lists, in ascending order, each branch of a log for itself.
  ///
  /// First come those that hold statements that count, for others rest on them; then those of which there is anything
  /// here, those that hold other statements, and last the passing ones. Of equals the longer comes first: a log that is
  /// made up to push another out has to be as long.
  ///
  /// - Parameters:
  ///   - held: logs as far as they are on this node's disk, each with the last statement that is an entry of it.
  ///   - ground: a statement on which all rests: its log comes before all others, and lines with it before those
  ///     without.
  func known(
    _ held: [KeptLog], of devices: Set<DeviceID>, atMost limit: Int, restingOn ground: ProvedStatement? = nil
  ) -> [KeptLog] {
    let counting = counting
    let stated = Dictionary(
      grouping: statements.map(\.value).filter { devices.contains($0.statement.signer) }, by: \.statement.log)
    let held = held.filter { devices.contains($0.log.device) && $0.head.sequence > 0 }
    var logs = Dictionary(held.map { ($0.log, $0) }) { $0.head < $1.head ? $1 : $0 }
    let branches = held.filter { logs[$0.log]?.head != $0.head }
    func rank(_ log: LogID) -> Int {
      if log == ground?.statement.log { return 0 }
      if stated[log]?.contains(where: { counting.contains($0.id) }) == true { return 1 }
      guard log.kind == .lasting else { return 4 }
      return logs[log] != nil ? 2 : 3
    }
    let ranks = Dictionary(uniqueKeysWithValues: Set(logs.keys).union(stated.keys).map { ($0, rank($0)) })
    for (log, statements) in stated {
      let end = Self.end(of: statements, beyond: logs[log]) { $0 == ground?.id ? .max : counting.contains($0) ? 1 : 0 }
      // Statements travel ahead of the log that they are in: it may be unknown altogether.
      guard logs[log] != nil || end != nil else { continue }
      let head = logs[log]?.head ?? Head(sequence: 0, digest: .zero)
      logs[log] = KeptLog(log: log, head: head, statement: end)
    }
    let ordered = (Array(logs.values) + branches).sorted { a, b in
      let (x, y) = (ranks[a.log] ?? .max, ranks[b.log] ?? .max)
      if x != y { return x < y }
      if a.head.sequence != b.head.sequence { return a.head.sequence > b.head.sequence }
      return a.log != b.log ? a.log < b.log : a.head < b.head
    }
    return ordered.prefix(limit).sorted { a, b in a.log != b.log ? a.log < b.log : a.head < b.head }
  }

  /// The last statement of a log up to an entry, where nothing of the log itself is here; nil where there is none. Of
  /// a device that has stated several lines, it is the end of that with the most statements that count, and of such
  /// the longest, of those of which all is here.
  ///
  /// - Parameter sequence: the number of the entry.
  public func lastStatement(of log: LogID, through sequence: UInt64 = .max) -> StatementID? {
    let stated = statements.map(\.value).filter { $0.statement.log == log && $0.statement.sequence <= sequence }
    let counting = counting
    return Self.end(of: stated, beyond: nil) { counting.contains($0) ? 1 : 0 }
  }

  /// The end of the weightiest line that goes on from what is held of a log; what is held where there is none.
  ///
  /// - Parameter weight: what one statement gives its line.
  private static func end(
    of stated: [ProvedStatement], beyond held: KeptLog?, weight: (StatementID) -> Int
  ) -> StatementID? {
    struct Line {
      var sequence: UInt64
      var weight: Int
      var length: Int
    }
    let head = held?.head.sequence ?? 0
    let ordered = stated.filter { $0.statement.sequence > head }.sorted { a, b in
      let (x, y) = (a.statement.sequence, b.statement.sequence)
      return x != y ? x < y : a.id > b.id
    }
    var lines: [StatementID: Line] = [:]
    if let root = held?.statement { lines[root] = Line(sequence: head, weight: 0, length: 0) }
    var best: (id: StatementID, line: Line)?
    for proved in ordered {
      var line = Line(sequence: proved.statement.sequence, weight: weight(proved.id), length: 1)
      if let previous = proved.statement.previous {
        guard let before = lines[previous], before.sequence < line.sequence else { continue }
        line.weight = before.weight.addingReportingOverflow(line.weight).overflow ? .max : before.weight + line.weight
        line.length += before.length
      } else if held?.statement != nil {
        continue
      }
      lines[proved.id] = line
      if let best, (line.weight, line.length) < (best.line.weight, best.line.length) { continue }
      best = (proved.id, line)
    }
    return best?.id ?? held?.statement
  }

  /// Statements that have made somebody who or what they are.
  private var counting: Set<StatementID> {
    var ids = Set([credentials.values.map(\.id), grants.values.map(\.id), invites.values.map(\.id)].joined())
    ids.formUnion(cutBy.values.joined().map(\.id))
    ids.formUnion(given.values.joined().map(\.statement))
    ids.formUnion(namings.map(\.id))
    for step in ownership.steps { ids.formUnion([step.takeover.id, step.naming.id]) }
    for proved in statements.map(\.value) {
      if case .demotion(let demotion) = proved.statement.claim, holds(demotion) { ids.insert(proved.id) }
    }
    return ids
  }
}
