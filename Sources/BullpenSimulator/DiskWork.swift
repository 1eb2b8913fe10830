import BullpenCore
import BullpenStore

// What a process asks of its disk, one after another, and what it hears of it.
extension SimulatedNode {
  func commit(_ request: RequestID, _ run: NodeRun, _ work: @escaping (any Disk) throws -> CommitOutcome) {
    ask(run) { disk in
      do {
        return .committed(request, .success(try work(disk)))
      } catch {
        let code = (error as? StoreError)?.code.rawValue ?? ""
        return .committed(request, .failure(CommitFailure(reason: "\(error)", code: code)))
      }
    }
  }

  func reconsider(_ run: NodeRun, _ work: @escaping (any Disk) throws -> ApplyOutcome) {
    ask(run) { .applied(nil, (try? work($0)) ?? .notTaken([])) }
  }

  /// Stores what arrived, after whatever was asked before: in one transaction with what arrived right before it and still
  /// waits.
  func store(_ arrival: Arrival, _ run: NodeRun) {
    if run.lastArrivals?.takesIn(arrival, atMost: simulation.plan.together) == true { return }
    let group = ArrivalGroup(arrival)
    add(run) { [unowned simulation] disk in
      if group.count > 1 { simulation.toll.grouped += 1 }
      return group.store(on: disk)
    }
    run.lastArrivals = group
  }

  /// Takes its turn after whatever was asked before.
  func ask(_ run: NodeRun, _ job: @escaping (any Disk) -> Event?) {
    add(run) { disk in job(disk).map { [$0] } ?? [] }
  }

  private func add(_ run: NodeRun, _ job: @escaping (any Disk) -> [Event]) {
    run.lastArrivals = nil
    run.jobs.append(job)
    if !run.isDiskBusy { work(run) }
  }

  private func work(_ run: NodeRun) {
    guard !run.jobs.isEmpty else { return }
    run.isDiskBusy = true
    later(simulation.diskDelay(&random), run) { node in
      guard let disk = node.disk else { return }
      let events = run.jobs.removeFirst()(disk)
      run.isDiskBusy = false
      if !events.isEmpty {
        // The answer needs a moment too: a crash in between makes a write that nobody heard of.
        let now = node.simulation.now
        run.lastAnswer = max(run.lastAnswer, now + node.simulation.diskDelay(&node.random) / 2)
        for event in events { node.later(run.lastAnswer - now, run) { $0.handle(event) } }
      }
      node.work(run)
    }
  }
}

/// A message with segments.
struct Arrival {
  let connection: ConnectionID
  let segments: [Segment]
  let peer: DeviceID
  /// As `Disk.apply` takes them.
  let wall: Int64
  let certain: Int64
}

/// Messages that wait for the disk and are stored in one transaction, as a real node has it.
final class ArrivalGroup {
  private var arrivals: [Arrival]
  private var isBegun = false

  init(_ first: Arrival) { arrivals = [first] }

  var count: Int { arrivals.count }

  /// Whether it is stored with the others; too late, or one too many, it is not.
  func takesIn(_ arrival: Arrival, atMost most: Int) -> Bool {
    guard !isBegun, arrivals.count < most else { return false }
    arrivals.append(arrival)
    return true
  }

  /// - Returns: what came of each message, in their order.
  func store(on disk: any Disk) -> [Event] {
    isBegun = true
    if arrivals.count > 1, let last = arrivals.last,
      let outcomes = try? disk.apply(
        arrivals.map { ($0.segments, $0.peer) }, wall: last.wall, certain: last.certain)
    {
      return zip(arrivals, outcomes).map { .applied($0.connection, $1) }
    }
    // One that cannot be stored takes no other with it.
    return arrivals.map { arrival in
      let outcome = try? disk.apply(
        arrival.segments, from: arrival.peer, wall: arrival.wall, certain: arrival.certain)
      return .applied(arrival.connection, outcome ?? .notTaken(arrival.segments.map(\.log)))
    }
  }
}
