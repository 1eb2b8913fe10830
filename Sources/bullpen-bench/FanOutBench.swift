import ArgumentParser
import BullpenNode
import Foundation
import Synchronization

/// One change, from the call that makes it until the fifth of five other nodes tells its view of it: by then it is
/// signed and on its author's disk, and proved and merged at all five. Against the disk alone, and against brokers
/// that keep and prove nothing. All in turns.
struct FanOut: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tells one change to five nodes, and to others' subscribers.")

  @Option(help: "How many changes are told, one after the other.")
  var changes = 500

  @Option(help: "Where homes and databases are kept for as long as it takes.")
  var folder: String?

  @Option(help: "The port of a Redis server on 127.0.0.1.")
  var redis: UInt16?

  @Option(help: "The port of a NATS server on 127.0.0.1.")
  var nats: UInt16?

  static let receivers = 5

  func validate() throws {
    guard (1...100_000).contains(changes) else { throw ValidationError("There are 1 to 100000 changes.") }
  }

  func run() async throws {
    let bench = try Workbench(in: folder)
    defer { bench.remove() }
    let office = try await Office(in: bench, receivers: Self.receivers)
    let disk = try PlainSQLite(bench.folder + "/disk.sqlite", waits: true)
    var brokers: [(name: String, broker: Broker)] = []
    if let redis { brokers.append(("Redis pub/sub", try Broker(.redis, redis, receivers: Self.receivers))) }
    if let nats { brokers.append(("NATS", try Broker(.nats, nats, receivers: Self.receivers))) }

    // The first of each makes what the others find made.
    for number in 0..<10 { _ = try await office.tell(Desk.text(number)) }
    var (ours, acknowledged, commits) = (Times(), Times(), Times())
    var theirs = [Times](repeating: Times(), count: brokers.count)
    for number in 0..<changes {
      let text = Desk.text(number)
      let told = try await office.tell(text)
      ours.add(told.arrived)
      acknowledged.add(told.acknowledged)
      commits.add(try seconds { try disk.upsert([Array("\(number)".utf8)], [text]) })
      for (place, (_, broker)) in brokers.enumerated() { theirs[place].add(try broker.tell(text)) }
    }
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
      let work = "one change to \(Self.receivers) nodes, \(name)"
      func figure(_ against: String, _ times: Times, plus: Double = 0) {
        Figure(
          work: work, kind: .latency, ours: ours.percentile(share), against: against,
          theirs: times.percentile(share) + plus
        ).print()
      }
      figure("the disk's own FULL commit", commits)
      figure("the disk's own FULL commit and 2 ms", commits, plus: 0.002)
      for (place, (broker, _)) in brokers.enumerated() { figure(broker, theirs[place]) }
    }
    Figure(
      work: "one change on its author's disk, p50", kind: .latency, ours: acknowledged.percentile(0.5),
      against: "the disk's own FULL commit", theirs: commits.percentile(0.5)
    ).print()
    try await weigh(office, brokers)
    try disk.close()
    for (_, broker) in brokers { broker.close() }
    try await office.close()
  }

  /// All that goes over the wire, the heartbeats and the acknowledgements included.
  private func weigh(_ office: Office, _ brokers: [(name: String, broker: Broker)]) async throws {
    let count = min(changes, 200)
    func weight(_ tell: (String) async throws -> Void) async throws -> Double? {
      guard let before = Machine.loopbackBytes else { return nil }
      for number in 0..<count { try await tell(Desk.text(number)) }
      return Machine.loopbackBytes.map { ($0 - before) / Double(count) }
    }
    guard let ours = try await weight({ _ = try await office.tell($0) }) else { return }
    let row = Double(Desk.text(count).utf8.count + Desk.kind.utf8.count + Desk.room.utf8.count + 32)
    Figure(
      work: "bytes on the wire of one change to \(Self.receivers) nodes", kind: .bytes, ours: ours,
      against: "its row's key and values, as often", theirs: Double(Self.receivers) * row
    ).print()
    for (name, broker) in brokers {
      Figure(
        work: "bytes on the wire of one change to \(Self.receivers) nodes", kind: .bytes, ours: ours, against: name,
        theirs: try await weight { _ = try broker.tell($0) }
      ).print()
    }
  }
}

/// An author's node and others, all connected with each other.
struct Office {
  private let nodes: [Running]
  private let author: any WorkspaceAPI
  private let arrivals: Arrivals
  private let listeners: [Task<Void, Never>]

  struct Apart: Error, CustomStringConvertible {
    let description = "The nodes did not all connect within a minute."
  }

  init(in bench: Workbench, receivers: Int) async throws {
    let first = try await Running(bench.fresh())
    _ = try await first.node.startWorkspace(named: "Harbour Desk", memberName: "Ada Quill")
    author = try await first.node.workspace(nil)
    let invite = try await author.invite(role: .member, uses: receivers, lifetime: 3_600_000)
    var nodes = [first]
    var listeners: [Task<Void, Never>] = []
    let arrivals = Arrivals(of: receivers)
    for number in 1...receivers {
      let running = try await Running(bench.fresh())
      _ = try await running.node.join(code: invite.code, memberName: "Colleague \(number)", progress: nil)
      nodes.append(running)
    }
    for running in nodes {
      let workspace = try await running.node.workspace(nil)
      let start = ContinuousClock.now
      while try await workspace.peers().count(where: { $0.state == "connected" }) < receivers {
        guard ContinuousClock.now - start < .seconds(60) else { throw Apart() }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
    for running in nodes.dropFirst() {
      let view = try await running.node.workspace(nil).attach()
      listeners.append(
        Task {
          for await publication in view.publications {
            if case .rows("activities", _) = publication { arrivals.note() }
          }
        })
    }
    self.nodes = nodes
    self.listeners = listeners
    self.arrivals = arrivals
  }

  /// Seconds until the last node has it, and until its author was told that it is on disk.
  func tell(_ text: String) async throws -> (arrived: Double, acknowledged: Double) {
    arrivals.begin()
    let start = ContinuousClock.now
    _ = try await author.post(kind: Desk.kind, text: text, room: Desk.room, link: nil)
    let acknowledged = ContinuousClock.now - start
    let last = await arrivals.last()
    return ((last - start).inSeconds, acknowledged.inSeconds)
  }

  func close() async throws {
    for running in nodes.reversed() { try await running.end() }
    for listener in listeners { listener.cancel() }
  }
}

/// When the last of several has what was told. One thing is told at a time.
final class Arrivals: Sendable {
  private struct State {
    var missing = 0
    var last = ContinuousClock.now
    var waiting: CheckedContinuation<ContinuousClock.Instant, Never>?
  }
  private let count: Int
  private let state = Mutex(State())

  init(of count: Int) { self.count = count }

  func begin() { state.withLock { $0.missing = count } }

  func note() {
    let now = ContinuousClock.now
    let woken = state.withLock { state -> CheckedContinuation<ContinuousClock.Instant, Never>? in
      guard state.missing > 0 else { return nil }
      state.missing -= 1
      state.last = now
      guard state.missing == 0 else { return nil }
      defer { state.waiting = nil }
      return state.waiting
    }
    woken?.resume(returning: now)
  }

  func last() async -> ContinuousClock.Instant {
    await withCheckedContinuation { continuation in
      let last = state.withLock { state -> ContinuousClock.Instant? in
        if state.missing == 0 { return state.last }
        state.waiting = continuation
        return nil
      }
      if let last { continuation.resume(returning: last) }
    }
  }
}
