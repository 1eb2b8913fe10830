import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

/// A new database that is filled from what was salvaged, by the code that judges what peers send.
struct Rebuilding {
  let store: Store
  private let path: String
  let wall: Int64
  /// Unix milliseconds that had come for certain; nil where nothing says it.
  let certain: Int64?
  private let author: Author
  private var report = Repair()

  init(
    _ path: String, author: Author, workspace: WorkspaceID, prover: any Prover, wall: Int64, certain: Int64?,
    tables: [TableDeclaration]
  ) throws {
    self.path = path
    self.wall = wall
    self.certain = certain
    self.author = author
    var random = SystemRandomness()
    let context = StoreContext(
      location: .file(path), author: author, prover: prover, tables: tables.map(RowTable.init), workspace: workspace)
    let writer = try Connection.open(context.location)
    _ = try writer.write { try Schema.prepare($0, tables: tables, place: path) }
    store = Store(context, writer, nil, StoreState(random: random, incarnation: Incarnation(using: &random)))
    try store.transact(wall: wall, isDurable: false) { transaction in
      try Meta.set(.workspace, Data(workspace.bytes), transaction.db)
      try Meta.set(.device, Data(author.device.id.bytes), transaction.db)
    }
  }

  mutating func fill(_ salvage: Salvage, _ before: OldFile, progress: (KeepingProgress) -> Void) throws {
    _ = try store.admit(salvage.statements.values.sorted { $0.value.id < $1.value.id }, wall: wall)
    let logs = try salvage.logs()
    let total = logs.reduce(0) { $0 + $1.last }
    var hasProgress = true
    // A segment may wait for a statement that another log shows to be its device's.
    while hasProgress {
      hasProgress = false
      for found in logs {
        try salvage.segments(of: found.log) { batch in
          // A machine whose clock is ahead takes nothing for dead that may live.
          let outcome = try store.apply(batch, wall: wall, certain: certain)
          report.entries += UInt64(outcome.stored)
          hasProgress = hasProgress || outcome.stored > 0
          progress(.entries(report.entries, of: total))
          return true
        }
      }
    }
    for peer in salvage.peers.sorted(by: { $0.lastSuccess < $1.lastSuccess }) {
      try store.remember(peer.device, at: peer.endpoint, wall: min(peer.lastSuccess, wall))
    }
    report.peers = salvage.peers.count
    report.statements = store.statements().count
    let membership = store.membership()
    report.knowsItself = membership.author(store.device) != nil
    var known = before.heads?.byLog.mapValues(\.sequence) ?? [:]
    known.merge(logs.map { ($0.log, $0.last) }) { max($0, $1) }
    if report.knowsItself { report.rewritten = try rewrite(salvage) }
    let names = try store.displayNames()
    let heads = try store.heads()
    report.waiting = known.filter { $0.value > heads[$0.key].sequence }.sorted { $0.key < $1.key }.map {
      Repair.Log(
        $0.key, name: $0.key.words(names, membership), entries: heads[$0.key].sequence, known: $0.value)
    }
  }

  /// Makes the file one that `Store.open` goes on with, and closes it.
  mutating func finish(_ before: OldFile, _ surroundings: Surroundings, told: HeadMark.Reading?) throws -> Repair {
    let kept = try keptIncarnation(before, told)
    report.isNewIncarnation = kept == nil
    try store.transact(wall: wall, isDurable: true) { transaction in
      // Without a place it is taken for one that was moved, and a new incarnation begins.
      if let kept {
        try Meta.set(.incarnation, Data(kept.bytes), transaction.db)
        try Meta.set(.machine, surroundings.machine, transaction.db)
        try Meta.set(.file, FileIdentity(.file(path))?.text, transaction.db)
      }
      // What is only this machine's word is not kept as certain.
      try Meta.set(.certain, certain, transaction.db)
      // What was stamped and is lost is not stamped again; a clock that nobody can believe is left behind.
      let past = HybridTime(raw: before.clock)
      transaction.clock.observe(past, wall: wall)
    }
    try store.close()
    guard Soundness.size(path + "-wal") == 0 else {
      throw StoreError(.busy, "Another program reads \(path).", hint: "Try again.")
    }
    return report
  }

  /// The incarnation in which this device can go on, where nothing of what it wrote there is missing for certain.
  private func keptIncarnation(_ before: OldFile, _ told: HeadMark.Reading?) throws -> Incarnation? {
    guard let incarnation = before.incarnation, let known = before.heads, let told, told.incarnation == incarnation
    else {
      return nil
    }
    let heads = try store.heads()
    func reached(_ kind: LogKind) -> UInt64 {
      heads[LogID(device: author.device.id, incarnation: incarnation, kind: kind)].sequence
    }
    let isBehind = LogKind.allCases.contains { kind in
      let log = LogID(device: author.device.id, incarnation: incarnation, kind: kind)
      return heads[log] != known[log]
    }
    return isBehind || told.isAhead(of: incarnation, reached) ? nil : incarnation
  }
}
