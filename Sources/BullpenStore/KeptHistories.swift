import BullpenCore
import GRDB

// A cut, a demotion or a takeover says by its digest which history of a log it keeps.
extension Transaction {
  /// Names the devices whose logs stand here with other entries than a new statement that counts has kept: two machines
  /// live with one key, or somebody has rewritten what was written. What is here stays until the other history comes.
  func compareHistories() throws {
    guard compared < outcome.statements.count else { return }
    let fresh = outcome.statements[compared...]
    compared = outcome.statements.count
    let membership = try membership()
    for statement in fresh where membership.holds(statement.value) {
      for kept in statement.value.statement.claim.kept where kept.head.sequence >= 1 {
        let branches = try LogTables.branches(of: kept.log, db).filter { $0.head.sequence >= kept.head.sequence }
        guard !branches.isEmpty, let log = try LogTables.log(kept.log, db),
          try !branches.contains(where: { try LogTables.holds(kept.head, $0, in: context.workspace, db) })
        else { continue }
        try noteFork(log, at: kept.head.sequence)
      }
    }
  }
}

extension Membership {
  /// Whether this very cut, demotion or takeover is among those that took something.
  fileprivate func holds(_ proved: ProvedStatement) -> Bool {
    switch proved.statement.claim {
    case .cut(let cut): cutStatements(of: cut.device).contains { $0.id == proved.id }
    case .demotion(let demotion): holds(demotion)
    case .takeover: counts(takeover: proved.id)
    case .genesis, .credential, .invite, .succession, .generation, .voiding, .unknown: false
    }
  }
}

extension BullpenCore.Statement.Claim {
  /// The logs that it lists.
  fileprivate var kept: [KeptLog] {
    switch self {
    case .cut(let cut): cut.kept
    case .demotion(let demotion): demotion.kept
    case .takeover(let takeover): takeover.kept
    case .genesis, .credential, .invite, .succession, .generation, .voiding, .unknown: []
    }
  }
}
