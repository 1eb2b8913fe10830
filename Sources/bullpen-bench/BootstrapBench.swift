import ArgumentParser
import BullpenCore
import BullpenCrypto
import BullpenNode
import BullpenStore
import BullpenWire
import Foundation

/// A new laptop joins by an invite and fetches a colleague's whole history over TLS, each node a process of its own;
/// against plain SQLite writing the same rows.
struct Bootstrap: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Lets a newcomer fetch a history from a node.")

  @Option(help: "How many changes the history has.")
  var changes = 100_000

  @Option(help: "How many newcomers come, one after the other; the fastest counts.")
  var rounds = 2

  @Option(help: "Where homes and databases are kept for as long as it takes.")
  var folder: String?

  @Option(help: "Where the home of who has the history is kept: writing it waits for the disk at each change.")
  var sourceFolder: String?

  func validate() throws {
    guard (100...10_000_000).contains(changes) else { throw ValidationError("There are 100 to 10000000 changes.") }
    guard (1...100).contains(rounds) else { throw ValidationError("There are 1 to 100 rounds.") }
  }

  func run() async throws {
    let (bench, library) = (try Workbench(in: folder), try Workbench(in: sourceFolder))
    defer {
      bench.remove()
      library.remove()
    }
    // A tenth first: what grows with the history shows between the two.
    let small = try await measure(changes / 10, rounds: 1, bench, library.folder + "/small")
    let whole = try await measure(changes, rounds: rounds, bench, library.folder + "/whole")
    var plain = Double.infinity
    for _ in 0..<rounds { plain = min(plain, try plainly(bench)) }

    Figure(
      work: "bootstrap of \(changes) changes", kind: .rate, ours: whole.seconds,
      against: "plain SQLite writing the same rows", theirs: plain
    ).print()
    Figure(
      work: "memory while \(changes) changes come in", kind: .memory, ours: whole.peak,
      against: "while a tenth of them does", theirs: small.peak
    ).print()
    let payload = Double(Desk.text(changes).utf8.count + Desk.kind.utf8.count + Desk.room.utf8.count + 32)
    if let wire = whole.wire {
      Figure(
        work: "bytes on the wire of a change in a bootstrap of \(changes)", kind: .bytes, ours: wire / Double(changes),
        against: "its row's key and values", theirs: payload
      ).print()
    }
    Figure(
      work: "bytes on disk of a change after a bootstrap of \(changes)", kind: .bytes,
      ours: whole.disk / Double(changes), against: "its row's key and values", theirs: payload
    ).print()
  }

  private struct Measured {
    var seconds = Double.infinity
    var peak = 0.0
    var wire: Double?
    var disk = 0.0
  }

  private func measure(_ count: Int, rounds: Int, _ bench: Workbench, _ home: String) async throws -> Measured {
    try await Library.fill(home, changes: count)
    let serving = try Child(["serve", "--home", home, "--uses", "\(rounds)"])
    defer { serving.end() }
    let code = try serving.line()
    var measured = Measured()
    for _ in 0..<rounds {
      let place = try bench.fresh()
      defer { try? FileManager.default.removeItem(atPath: place) }
      let before = Machine.loopbackBytes
      let newcomer = try Child(["arrive", "--home", place + "/home", "--code", code, "--changes", "\(count)"])
      let arrival = try JSONDecoder().decode(Arrival.self, from: Data(newcomer.line().utf8))
      if let before, let after = Machine.loopbackBytes { measured.wire = after - before }
      newcomer.end()
      measured.seconds = min(measured.seconds, arrival.seconds)
      measured.peak = max(measured.peak, arrival.peak)
      measured.disk = arrival.disk
    }
    return measured
  }

  /// As many rows to a transaction as sixteen full frames bring.
  private func plainly(_ bench: Workbench) throws -> Double {
    let place = try bench.fresh()
    defer { try? FileManager.default.removeItem(atPath: place) }
    var random = SeededRandomness(seed: 1)
    let member = MemberID(Bytes16(using: &random))
    let keys = (0..<changes).map { RowKey.own(member, RowID(at: 1_800_000_000_000 + Int64($0 / 10), using: &random)) }
    let texts = (0..<changes).map { Desk.text($0) }
    let plain = try PlainSQLite(place + "/plain.sqlite")
    let took = try seconds {
      for start in stride(from: 0, to: changes, by: 4_096) {
        let range = start..<min(start + 4_096, changes)
        try plain.upsert(keys[range].lazy.map(\.bytes), texts[range])
      }
    }
    try plain.close()
    return took
  }
}

/// What a newcomer tells when all is there.
struct Arrival: Codable {
  /// From the paste of the invite until the last change is in the database.
  var seconds: Double
  /// Bytes.
  var peak: Double
  var disk: Double
}

struct Partial: Error, CustomStringConvertible {
  let heads: Int
  var description: String { "Not all of the history has arrived and is believed; \(heads) logs are there." }
}

/// A home with a long history.
enum Library {
  static func fill(_ home: String, changes: Int) async throws {
    let id = try await begin(home)
    let folder = "\(home)/workspaces/\(id)"
    let author = Author(
      device: DeviceKey(seed: try KeyFile.load(home + "/device.key")),
      secret: MemberSecret(secret: try KeyFile.load(folder + "/member.key")))
    func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }
    var random = SystemRandomness()
    let store = try Store.open(
      at: .file(folder + "/bullpen.sqlite"), author: author, surroundings: Surroundings(machine: "library"),
      prover: SodiumProver(decode: StatementCodec.decode), random: random, wall: now())
    guard let member = store.member else { preconditionFailure("who founds a workspace is its member") }
    for number in 0..<changes {
      let wall = now()
      _ = try store.commit(Desk.draft(.own(member, RowID(at: wall, using: &random)), Desk.text(number)), wall: wall)
      // As a node does every few minutes: short segments become long ones.
      if number % 4_096 == 4_095 || number == changes - 1 { while try store.forget(wall: wall) > 0 {} }
    }
    try store.close()
  }

  private static func begin(_ home: String) async throws -> WorkspaceID {
    let running = try await Running(home)
    let workspace = try await running.node.startWorkspace(named: "Harbour Desk", memberName: "Ada Quill")
    try await running.end()
    return workspace.id
  }
}

/// The node that has the history: tells an invite, and runs until its input ends.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "One side of `bootstrap`.", shouldDisplay: false)

  @Option var home: String
  @Option var uses: Int

  func run() async throws {
    let running = try await Running(home)
    let workspace = try await running.node.workspace(nil)
    let invite = try await workspace.invite(role: .member, uses: uses, lifetime: 3_600_000)
    FileHandle.standardOutput.write(Data((invite.code + "\n").utf8))
    await Child.inputEnds()
    try await running.end()
  }
}

/// The newcomer: joins, and tells when all is there.
struct Arrive: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "The other side of `bootstrap`.", shouldDisplay: false)

  @Option var home: String
  @Option var code: String
  @Option var changes: Int

  func run() async throws {
    let running = try await Running(home)
    let began = ContinuousClock.now
    let joined = try await running.node.join(code: code, memberName: "Bob Underwood", progress: nil)
    while running.applied < changes { try await Task.sleep(for: .milliseconds(20)) }
    let took = ContinuousClock.now - began
    // What is looked at from here on is no part of it.
    let peak = Machine.peakMemory
    let workspace = try await running.node.workspace(nil)
    // The node hears of what its disk has a moment later.
    var status = try await workspace.status()
    while !status.heads.contains(where: { $0.head.sequence == UInt64(changes) }) {
      guard ContinuousClock.now - began < took + .seconds(30) else { throw Partial(heads: status.heads.count) }
      try await Task.sleep(for: .milliseconds(50))
      status = try await workspace.status()
    }
    guard status.refusedChanges == 0 else { throw Partial(heads: status.heads.count) }
    try await running.end()
    let database = "\(home)/workspaces/\(joined.workspace.id)/bullpen.sqlite"
    let arrival = Arrival(seconds: took.inSeconds, peak: peak, disk: Workbench.bytes(ofDatabase: database))
    FileHandle.standardOutput.write(try JSONEncoder().encode(arrival) + Data("\n".utf8))
    await Child.inputEnds()
  }
}
