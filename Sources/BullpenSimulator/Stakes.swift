import BullpenCore

/// What would be lost with one machine's disk: places of acknowledged writes in the ledger, and the other machines that
/// have each.
typealias Stakes = [Int: Set<String>]

// What nobody has any more cannot be asked for; but what one other machine has, all must come to have.
extension Simulation {
  /// Before something befalls a disk.
  func stakes(on machine: SimulatedNode) -> Stakes {
    guard let own = holding(of: machine) else { return [:] }
    let others = machines.filter { $0 !== machine }.compactMap { other in
      holding(of: other).map { (name: other.name, holding: $0) }
    }
    var stakes: Stakes = [:]
    for (place, write) in ledger.acknowledged.enumerated() where own.has(write) {
      stakes[place] = Set(others.filter { $0.holding.has(write) }.map(\.name))
    }
    return stakes
  }

  /// After it.
  func settle(_ stakes: Stakes, on machine: SimulatedNode) {
    let left = holding(of: machine)
    for (place, keepers) in stakes where left?.has(ledger.acknowledged[place]) != true {
      ledger.acknowledged[place].keepers = keepers
    }
  }

  func holding(of machine: SimulatedNode) -> Holding? {
    machine.disk.flatMap { disk in (try? disk.heads()).map { Holding(disk, $0, wall: wall) } }
  }
}

/// What a disk has of everybody's logs.
struct Holding {
  let heads: Heads
  let rows: Set<Ledger.Row>
  /// Logs of which something is missing, and the entry.
  let holes: [(log: LogID, entry: UInt64)]

  init(_ disk: any Disk, _ heads: Heads, wall: Int64) {
    self.heads = heads
    var rows: Set<Ledger.Row> = []
    holes = Self.read(disk, heads, wall: wall) { segments in
      for row in segments.flatMap(\.changes).flatMap(\.change.rows) {
        rows.insert(Ledger.Row(table: row.table, key: row.key))
      }
    }
    self.rows = rows
  }

  /// Reads all that a disk has under these heads.
  ///
  /// - Returns: logs of which something is missing, and the entry.
  static func read(
    _ disk: any Disk, _ heads: Heads, wall: Int64, _ visit: ([Segment]) -> Void
  ) -> [(log: LogID, entry: UInt64)] {
    var holes: [(log: LogID, entry: UInt64)] = []
    for (log, head) in heads.sorted where head.sequence > 0 {
      var next: UInt64 = 1
      while next <= head.sequence {
        let range = LogRange(log: log, first: next, last: head.sequence, digest: head.digest)
        let segments = (try? disk.segments(range, maxBytes: 1 << 20)) ?? []
        guard let first = segments.first, let last = segments.last?.last else {
          holes.append((log, next))
          break
        }
        // The beginning of a passing log goes with its time, which the next entry shows by its stamp.
        let isBegun = next == 1 && log.kind == .passing
        let shown = first.entries.first?.time.milliseconds ?? wall
        if first.first > next, !isBegun || shown + Limits.longestLifetime > wall { holes.append((log, next)) }
        for (segment, after) in zip(segments, segments.dropFirst()) where after.first > segment.last + 1 {
          holes.append((log, segment.last + 1))
        }
        visit(segments)
        next = last + 1
      }
    }
    return holes
  }

  func has(_ write: Ledger.Acknowledged) -> Bool {
    write.heads.allSatisfy { heads[$0.log].sequence >= $0.head.sequence } && write.rows.allSatisfy(rows.contains)
  }
}
