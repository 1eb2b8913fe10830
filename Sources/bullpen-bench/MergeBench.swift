import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenWire
import Foundation

/// A colleague's rows arrive as signed segments and are proved, stored and merged; against upserts of the same
/// rows by the C library. Both have a WAL, wait for the disk alike, and commit as many rows at a time.
struct MergeBench {
  let rows: Int
  let rounds: Int
  let folder: String

  /// What one transaction takes: 16 full frames.
  private static let batchBytes = 16 * Limits.segmentBytes
  private static let start: Int64 = 1_800_000_000_000

  func run(_ done: (Comparison) -> Void) throws {
    var random = SeededRandomness(seed: 1)
    let prover = SodiumProver(decode: StatementCodec.decode)
    let surroundings = Surroundings(machine: "bench")
    func author() -> Author { Author(device: DeviceKey(using: &random), secret: MemberSecret(using: &random)) }

    let (ada, bob) = (author(), author())
    let writer = try Store.found(
      at: .memory, author: ada, workspace: "bench", memberName: "ada", surroundings: surroundings, prover: prover,
      random: SeededRandomness(seed: 2), wall: Self.start)
    let second = prover.member(of: writer.workspace, firstDevice: bob.device.id)
    let credential = Credential(
      device: bob.device.id, member: second, memberKey: bob.secret.key, role: .member, invite: nil,
      consent: bob.device.consent(to: second, key: bob.secret.key, in: writer.workspace))
    _ = try writer.state(.credential(credential), wall: Self.start)

    guard let member = writer.member else { return }
    let keys = (0..<rows).map { RowKey.own(member, RowID(at: Self.start + Int64($0 % 1_000), using: &random)) }
    let texts = (0..<rows).map { "What happened at this desk, number \($0), in a line of the usual length." }
    func write(_ round: String, at wall: Int64) throws {
      for (key, text) in zip(keys, texts) {
        let cells: [String: Value] = ["kind": .text("note"), "text": .text(round + text), "room": .text("page:/plan")]
        _ = try writer.commit(Draft([RowDraft(Tables.activities, key, cells: cells)]), wall: wall)
      }
    }
    let from = try writer.heads()
    try write("new: ", at: Self.start + 1_000)
    let fresh = try batches(of: writer, after: from)
    let middle = try writer.heads()
    try write("again: ", at: Self.start + 2_000)
    let over = try batches(of: writer, after: middle)

    var best = [Double](repeating: .infinity, count: 4)
    for round in 0..<rounds {
      let path = "\(folder)/merge-\(round).sqlite"
      let reader = try Store.join(
        at: .file(path), author: bob, workspace: writer.workspace, statements: writer.statements(), memberName: "bob",
        surroundings: surroundings, prover: prover, random: SeededRandomness(seed: 3), wall: Self.start)
      let plain = try PlainSQLite("\(folder)/plain-\(round).sqlite")
      let names = ["new: ", "again: "]
      for (place, batches) in [fresh, over].enumerated() {
        let wall = Self.start + Int64(place + 1) * 1_000
        best[2 * place] = min(
          best[2 * place],
          try seconds {
            for batch in batches {
              let outcome = try reader.apply(batch.segments, wall: wall)
              precondition(outcome.rejected.isEmpty && outcome.refused.isEmpty)
            }
          })
        best[2 * place + 1] = min(
          best[2 * place + 1],
          try seconds {
            var next = 0
            for batch in batches {
              let end = min(next + batch.rows, rows)
              try plain.upsert(keys[next..<end].map(\.bytes), texts[next..<end].map { names[place] + $0 })
              next = end
            }
          })
      }
      try reader.close()
      plain.close()
      for name in ["merge", "plain"] {
        for suffix in ["", "-wal", "-shm"] {
          try? FileManager.default.removeItem(atPath: "\(folder)/\(name)-\(round).sqlite\(suffix)")
        }
      }
    }
    try writer.close()
    done(
      Comparison(work: "merge \(rows) new rows", ours: best[0], theirs: best[1], against: "upserts in plain SQLite"))
    done(
      Comparison(
        work: "merge \(rows) overwriting rows", ours: best[2], theirs: best[3], against: "upserts in plain SQLite"))
  }

  private struct Batch {
    var segments: [Segment]
    var rows: Int
  }

  /// What the writer has, as a peer would ask for it.
  private func batches(of store: Store, after heads: Heads) throws -> [Batch] {
    var batches: [Batch] = []
    for (log, head) in try store.heads().sorted {
      var next = heads[log].sequence + 1
      while next <= head.sequence {
        let segments = try store.segments(
          LogRange(log: log, first: next, last: head.sequence), maxBytes: Self.batchBytes)
        guard let last = segments.last?.last else { break }
        batches.append(Batch(segments: segments, rows: Int(last - next + 1)))
        next = last + 1
      }
    }
    return batches
  }
}
