import ArgumentParser
import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenWire
import Dispatch
import Foundation

/// A colleague's rows arrive as signed segments and are proved, stored and merged; against upserts of the same
/// rows by the C library. Both have a WAL, wait for the disk alike, and commit as many rows at a time.
struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Merges a colleague's rows: new ones, and writes over them.")

  @Option(help: "How many rows are merged.")
  var rows = 100_000

  @Option(help: "How often each work is done; the fastest counts.")
  var rounds = 3

  @Option(help: "Where databases are kept for as long as it takes.")
  var folder: String?

  @Flag(help: "Rows come in no order of their keys, so that each touches another page.")
  var shuffled = false

  func validate() throws {
    guard (100...10_000_000).contains(rows) else { throw ValidationError("There are 100 to 10000000 rows.") }
    guard (1...100).contains(rounds) else { throw ValidationError("There are 1 to 100 rounds.") }
  }

  /// What one transaction takes: 16 full frames.
  private static let batchBytes = 16 * Limits.segmentBytes
  private static let start: Int64 = 1_800_000_000_000

  func run() throws {
    let bench = try Workbench(in: folder)
    defer { bench.remove() }
    let colleague = try Colleague(rows: rows, shuffled: shuffled)
    defer { colleague.close() }

    var best = [Double](repeating: .infinity, count: 4)
    var bytes = (ours: 0.0, theirs: 0.0)
    for _ in 0..<rounds {
      let place = try bench.fresh()
      defer { try? FileManager.default.removeItem(atPath: place) }
      let (path, plainPath) = (place + "/merge.sqlite", place + "/plain.sqlite")
      let reader = try colleague.reader(at: path)
      // As in a node, another thread proves what comes next and moves into the database what the WAL holds.
      let (proofs, checkpoints) = (DispatchQueue(label: "proofs"), DispatchQueue(label: "checkpoints"))
      reader.checkpointAside { checkpoints.async(execute: $0) }
      let plain = try PlainSQLite(plainPath)
      for (place, run) in colleague.runs.enumerated() {
        best[2 * place] = min(
          best[2 * place],
          try seconds {
            for batch in run.batches {
              let arrived = batch.segments.map { ArrivedSegments([$0], in: reader.workspace) }
              for segments in arrived { proofs.async { segments.prove() } }
              let outcomes = try reader.apply(arrived, wall: run.wall, certain: run.wall)
              precondition(outcomes.allSatisfy { $0.rejected.isEmpty && $0.refused.isEmpty })
            }
            checkpoints.sync {}
          })
        best[2 * place + 1] = min(
          best[2 * place + 1],
          try seconds {
            var next = 0
            for batch in run.batches {
              let end = min(next + batch.rows, rows)
              try plain.upsert(colleague.keys[next..<end].lazy.map(\.bytes), run.texts[next..<end])
              next = end
            }
          })
      }
      try reader.close()
      try plain.close()
      bytes = (Workbench.bytes(ofDatabase: path), Workbench.bytes(ofDatabase: plainPath))
    }
    let (order, against) = (shuffled ? " in no order" : "", "upserts in plain SQLite")
    Figure(work: "merge \(rows) new rows\(order)", kind: .rate, ours: best[0], against: against, theirs: best[1])
      .print()
    Figure(
      work: "merge \(rows) overwriting rows\(order)", kind: .rate, ours: best[2], against: against, theirs: best[3]
    ).print()
    // Each row was written twice, and its history has both.
    Figure(
      work: "bytes on disk of a change that came from a peer\(order)", kind: .bytes,
      ours: bytes.ours / Double(2 * rows), against: "a row in plain SQLite, written twice",
      theirs: bytes.theirs / Double(rows)
    ).print()
  }

  /// Who wrote the rows, and what a peer would be sent of them.
  struct Colleague {
    struct Run {
      var batches: [Batch]
      var texts: [String]
      var wall: Int64
    }
    struct Batch {
      var segments: [Segment]
      var rows: Int
    }

    let keys: [RowKey]
    private(set) var runs: [Run] = []
    private let store: Store
    private let newcomer: Author
    private static let prover = SodiumProver(decode: StatementCodec.decode)

    /// Writes each row, and later writes over each.
    init(rows: Int, shuffled: Bool) throws {
      var random = SeededRandomness(seed: 1)
      func author() -> Author { Author(device: DeviceKey(using: &random), secret: MemberSecret(using: &random)) }
      let ada = author()
      newcomer = author()
      let store = try Store.found(
        at: .memory, author: ada, workspace: "bench", memberName: "ada", surroundings: Surroundings(machine: "bench"),
        prover: Self.prover, random: SeededRandomness(seed: 2), wall: Merge.start)
      self.store = store
      let member = Self.prover.member(of: store.workspace, firstDevice: newcomer.device.id)
      let credential = Credential(
        device: newcomer.device.id, member: member, memberKey: newcomer.secret.key, role: .member, invite: nil,
        consent: newcomer.device.consent(to: member, key: newcomer.secret.key, in: store.workspace))
      _ = try store.state(.credential(credential), wall: Merge.start)

      guard let owner = store.member else { preconditionFailure("who founds a workspace is its member") }
      // A key holds the time at which its row was made, so a history's keys ascend, unless they are to be shuffled.
      keys = (0..<rows).map {
        .own(owner, RowID(at: Merge.start + Int64(shuffled ? $0 % 1_000 : $0 / 10), using: &random))
      }
      for (place, word) in ["new", "again"].enumerated() {
        let before = try store.heads()
        let texts = (0..<rows).map { Desk.text($0, word) }
        let wall = Merge.start + Int64(rows) * Int64(place + 1)
        for (number, (key, text)) in zip(keys, texts).enumerated() {
          // A row is made at the time in its key, and written over later.
          let now = place == 0 ? Merge.start + Int64(shuffled ? 1_000 : number / 10) : wall
          _ = try store.commit(Desk.draft(key, text), wall: now)
        }
        runs.append(Run(batches: try Self.batches(of: store, after: before), texts: texts, wall: wall))
      }
    }

    func close() { try? store.close() }

    /// A colleague who has nothing yet.
    func reader(at path: String) throws -> Store {
      try Store.join(
        at: .file(path), author: newcomer, workspace: store.workspace, statements: store.statements(),
        memberName: "bob", surroundings: Surroundings(machine: "bench"), prover: Self.prover,
        random: SeededRandomness(seed: 3), wall: Merge.start)
    }

    /// What was written, as a peer would ask for it.
    private static func batches(of store: Store, after heads: Heads) throws -> [Batch] {
      var batches: [Batch] = []
      for (log, head) in try store.heads().sorted {
        var next = heads[log].sequence + 1
        while next <= head.sequence {
          let segments = try store.segments(
            LogRange(log: log, first: next, last: head.sequence), maxBytes: Merge.batchBytes)
          guard let last = segments.last?.last else { break }
          batches.append(Batch(segments: segments, rows: Int(last - next + 1)))
          next = last + 1
        }
      }
      return batches
    }
  }
}
