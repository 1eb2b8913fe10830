import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

// A device whose disk was put back, or that lives on two machines, goes on from one entry in two ways. Both are what its
// person did: each is a branch of the log, and none comes first.
extension Transaction {
  /// Where a segment meets what is here: the branch that it goes on with furthest, and the last entry that both have.
  /// Nil where what comes before it is on no branch.
  func meeting(_ segment: CheckedSegment, _ branches: [LogRow]) throws -> (log: LogRow, sequence: UInt64)? {
    var best: (log: LogRow, sequence: UInt64)?
    for branch in branches {
      guard let shared = try shared(segment, branch), best.map({ shared > $0.sequence }) ?? true else { continue }
      best = (branch, shared)
    }
    return best
  }

  private func shared(_ segment: CheckedSegment, _ log: LogRow) throws -> UInt64? {
    func agrees(at sequence: UInt64) throws -> Bool {
      try LogTables.digest(at: sequence, of: log, in: context.workspace, db) == segment.digest(at: sequence)
    }
    // Of a log that begins later here, nothing is shared that is not held.
    let beginning = try LogTables.beginning(of: log, db)
    var (low, high) = (max(segment.first - 1, beginning == 1 ? 0 : beginning), min(segment.last, log.head.sequence))
    guard low <= high else { return nil }
    if try agrees(at: high) { return high }
    guard low < high, try agrees(at: low) else { return nil }
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if try agrees(at: middle) { low = middle } else { high = middle }
    }
    return low
  }

  /// How far a branch agrees with the heads that statements name of its log; nil where that is said by their numbers.
  func branchStanding(of log: LogRow, _ membership: Membership) throws -> BranchStanding? {
    let named = membership.namedHeads(of: log.log)
    guard !named.isEmpty else { return nil }
    let branches = try LogTables.branches(of: log.log, db)
    guard branches.count > 1 else { return nil }
    var shared: [Head: UInt64] = [:]
    for head in named where head.sequence >= 1 {
      // Where what was named is not here, nobody can tell how far this goes with it.
      var holders = try branches.filter { try LogTables.holds(head, $0, in: context.workspace, db) }
      // What a passing log does not hold any more was on the way to where it begins.
      if holders.isEmpty { holders = try branches.filter { try LogTables.beginning(of: $0, db) > head.sequence } }
      shared[head] = try holders.map { min(head.sequence, try LogTables.shared(log, $0, db)) }.max()
    }
    return BranchStanding(shared)
  }

  /// How far each branch of a log counts, by its number.
  func branchStandings(of log: LogID) throws -> [Int64: BranchStanding?] {
    let membership = try membership()
    guard !membership.namedHeads(of: log).isEmpty else { return [:] }
    return try Dictionary(
      uniqueKeysWithValues: LogTables.branches(of: log, db).map { ($0.number, try branchStanding(of: $0, membership)) })
  }

  /// Counts a history of a log that is not kept here: there are as many as are kept, or it was only named.
  func noteFork(_ log: LogRow, at sequence: UInt64) throws {
    try db.execute(
      sql: """
        INSERT INTO node_forks (log, sequence, count, wall) VALUES (?, ?, 1, ?)
        ON CONFLICT (log) DO UPDATE SET count = count + 1, wall = excluded.wall
        """, arguments: [log.number, Int64(sequence), wall])
  }
}

/// A log with more than one history.
public struct Fork: Hashable, Sendable {
  public let log: LogID
  /// How many of its branches are here.
  public let branches: Int
  /// How often a history was shown or named that is not here.
  public let others: Int
  /// When they began to differ: the least stamp of an entry behind a parting, or when it was noticed, in Unix
  /// milliseconds.
  public let since: Int64
  /// When they parted last, in the same way.
  public let latest: Int64
}

extension Store {
  /// Logs that their devices have continued in several ways, in ascending order.
  public func forks() throws -> [Fork] {
    try read { db in
      let noted = try Row.fetchAll(db, sql: "SELECT log, count, wall FROM node_forks")
      let logs = try Int64.fetchAll(db, sql: "SELECT log FROM node_branches UNION SELECT log FROM node_forks")
      return try logs.compactMap { number -> Fork? in
        guard let root = try LogTables.log(number: number, db) else { return nil }
        let branches = try LogTables.branches(of: root.log, db)
        let count = LogTables.tips(branches).count
        let note = noted.first { $0[0] as Int64 == number }
        let partings = try branches.dropFirst().flatMap { branch in
          try branches.filter { $0.number == branch.number || $0.number == branch.parent }.compactMap {
            try LogTables.entry(branch.base + 1, of: $0, db)?.time.milliseconds
          }
        }
        guard count > 1 || note != nil else { return nil }
        return Fork(
          log: root.log, branches: count, others: note?[1] ?? 0, since: partings.min() ?? note?[2] ?? 0,
          latest: partings.max() ?? note?[2] ?? 0)
      }.sorted { $0.log < $1.log }
    }
  }

  /// What a person is told of them: one notice of each device, in ascending order.
  ///
  /// - Parameter wall: Unix milliseconds; what parted long before is not said any more.
  public func forkNotices(at wall: Int64) throws -> [ForkNotice] {
    let devices = Dictionary(grouping: try forks(), by: \.log.device).map { device, forks in
      ForkNotice(
        device: device, branches: forks.map(\.branches).max() ?? 1, lacks: forks.contains { $0.others > 0 },
        since: forks.map(\.since).min() ?? wall, latest: forks.map(\.latest).max() ?? wall)
    }
    return devices.filter { $0.matters(at: wall) }.sorted { $0.device < $1.device }
  }

  /// Which of some heads are on no branch that is here, and which are.
  public func find(_ heads: [LogHead]) throws -> (lacking: [LogHead], held: [LogHead]) {
    try read { db in
      var (lacking, held): ([LogHead], [LogHead]) = ([], [])
      for head in heads {
        let isHeld = try LogTables.branches(of: head.log, db).contains {
          try LogTables.holds(head.head, $0, in: workspace, db)
        }
        if isHeld { held.append(head) } else { lacking.append(head) }
      }
      return (lacking, held)
    }
  }
}
