import BullpenCore
import BullpenCrypto
import GRDB

// Of a log with more branches than are kept, every node keeps the same, in whatever order it hears of them.
extension Transaction {
  /// Takes a branch away where a new one makes them too many: the last in an order on which all nodes agree.
  ///
  /// What is taken away may have been believed, and then all is read anew. Whoever signs branch after branch, each before
  /// those that are kept, has others do so no oftener than `Limits.displacementInterval` says.
  ///
  /// - Parameter standings: how far the branches counted before.
  /// - Returns: false where the new one is gone again.
  func makeRoom(for log: LogRow, _ standings: [Int64: BranchStanding?]) throws -> Bool {
    let branches = try LogTables.branches(of: log.log, db)
    let tips = LogTables.tips(branches)
    guard tips.count > Limits.branches, state.boundsBranches else { return true }
    let order = try BranchOrder(of: branches, self)
    var last = try tips.dropFirst().reduce(tips[0]) { try order.precedes($0, $1) ? $1 : $0 }
    if last.number != log.number, try isBelieved(last, standings) {
      if try order.isNamed(log) || mayRebuild(for: log.log.device) { isStale = true } else { last = log }
    }
    try LogTables.remove(last, in: context.workspace, db)
    try noteFork(branches[0], at: last.base + 1)
    return last.number != log.number
  }

  private func isBelieved(_ log: LogRow, _ standings: [Int64: BranchStanding?]) throws -> Bool {
    if log.log.kind == .passing, isPast(log.time) { return false }
    return try membership().keptHead(log.log, on: standings[log.number] ?? nil).map { $0 > log.base } ?? true
  }

  /// Whether branches that a member's device has signed beyond what is kept may have all read anew once more.
  private func mayRebuild(for device: DeviceID) throws -> Bool {
    guard let member = try membership(knowing: device)?.author(device) else { return true }
    let used = max(state.displacements[member] ?? wall, wall)
    guard used - wall <= Int64(Limits.displacementBurst - 1) * Limits.displacementInterval else { return false }
    state.displacements[member] = used + Limits.displacementInterval
    return true
  }
}

/// The order in which the branches of one log are kept: first those that a cut, a demotion or a takeover names, then those
/// that may be on the way to what it names, then by the digests of their entries, the first that differs. So a branch
/// keeps its place when it grows, and no node needs to know the others to tell which of two comes first.
private struct BranchOrder {
  private let transaction: Transaction
  private var named: Set<Int64> = []
  private var onTheWay: Set<Int64> = []
  private var db: Database { transaction.db }

  init(of branches: [LogRow], _ transaction: Transaction) throws {
    self.transaction = transaction
    let workspace = transaction.context.workspace
    let heads = try branches.first.map { try transaction.membership().namedHeads(of: $0.log) } ?? []
    for head in heads where head.sequence >= 1 {
      let holders = try branches.filter { try LogTables.holds(head, $0, in: workspace, transaction.db) }
      named.formUnion(holders.map(\.number))
      if holders.isEmpty { onTheWay.formUnion(branches.filter { $0.head.sequence < head.sequence }.map(\.number)) }
    }
  }

  func isNamed(_ log: LogRow) -> Bool { named.contains(log.number) }

  func precedes(_ a: LogRow, _ b: LogRow) throws -> Bool {
    guard isNamed(a) == isNamed(b) else { return isNamed(a) }
    guard onTheWay.contains(a.number) == onTheWay.contains(b.number) else { return onTheWay.contains(a.number) }
    let met = try LogTables.shared(a, b, db)
    // The beginnings of passing logs go, so there only what lives is compared.
    let isAgreed = try a.log.kind == .lasting || met > 0 && !transaction.isPast(LogTables.time(at: met, of: a, db))
    func digest(_ log: LogRow) throws -> Digest? {
      guard let sequence = try isAgreed ? met + 1 : firstAlive(log) else { return nil }
      return try LogTables.digest(at: sequence, of: log, in: transaction.context.workspace, db)
    }
    switch (try digest(a), try digest(b)) {
    case (let x?, let y?): return x < y
    case (_?, nil): return true
    case (nil, _?): return false
    case (nil, nil): return a.head < b.head
    }
  }

  /// The first entry of a branch that is not dead by its stamp.
  private func firstAlive(_ log: LogRow) throws -> UInt64? {
    for leg in try LogTables.path(of: log, db) {
      let segments = try LogTables.segments(of: leg.log, from: leg.log.base + 1, db)
      while let segment = try segments.next() {
        if let place = segment.entries.firstIndex(where: { !transaction.isPast($0.time) }) {
          let sequence = segment.first + UInt64(place)
          if sequence <= leg.through { return sequence }
          break
        }
      }
    }
    return nil
  }
}
