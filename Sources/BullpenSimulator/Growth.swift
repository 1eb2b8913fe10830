import BullpenCore

/// What an office costs as it grows, where nothing goes wrong.
public struct Growth: Sendable {
  public let nodes: Int
  /// Connections that one node has once all have met, on average.
  public let connections: Double
  /// Bytes that one node sends in a second when nobody does anything.
  public let idle: Int
  /// Bytes that all send together until one small change is everywhere, beyond what they send at rest.
  public let change: Int
  /// Milliseconds until the first half of the nodes, and all of them, have it.
  public let half: Int64
  public let all: Int64
  /// Bytes that all send until one node that slept through a hundred changes has them, beyond what they send at rest,
  /// and milliseconds until it has.
  public let catchUp: Int
  public let caughtUp: Int64

  /// An office of so many, 3 to 200.
  public static func measure(nodes count: Int, seed: UInt64 = 1) throws(SimulationError) -> Growth {
    let office = Simulation(seed: seed, plan: FaultPlan(nodes: count))
    try office.open()
    // Everybody meets everybody, and what is not needed ends.
    office.advance(by: 30_000)
    let start = office.traffic
    office.advance(by: 10_000)
    let idle = Double(office.traffic.all - start.all) / 10_000
    let open = office.nodes.reduce(0) { $0 + ($1.run?.machine.connections ?? 0) }

    let posted = try office.spread(1, from: 1, idle)
    let sleeper = 2
    office.bring(.suspend(sleeper))
    office.advance(by: 10_000)
    _ = try office.spread(100, from: 1, idle, without: sleeper)
    let heads = office.nodes[1].run?.machine.heads
    let (before, moment) = (office.traffic.all, office.now)
    office.bring(.wake(sleeper))
    guard office.wait(upTo: 60_000, step: 5, { office.nodes[sleeper].run?.machine.heads == heads }) else {
      throw SimulationError("who slept did not catch up within a minute")
    }
    let took = office.now - moment
    return Growth(
      nodes: count, connections: Double(open) / Double(count), idle: Int(idle * 1_000 / Double(count)),
      change: posted.bytes, half: posted.half, all: posted.all,
      catchUp: max(office.traffic.all - before - Int(idle * Double(took)), 0), caughtUp: took)
  }
}

extension Simulation {
  /// One node writes, and the others come to have it.
  fileprivate func spread(
    _ count: Int, from author: Int, _ idle: Double, without sleeper: Int? = nil
  ) throws(SimulationError) -> (bytes: Int, half: Int64, all: Int64) {
    let (before, start) = (traffic.all, now)
    let acknowledged = ledger.acknowledged.count + count
    for place in 0..<count { post(author, "what \(place)") }
    guard wait(upTo: 10_000, step: 1, { ledger.acknowledged.count >= acknowledged }) else {
      throw SimulationError("what was written is not acknowledged after ten seconds")
    }
    let heads = nodes[author].run?.machine.heads
    let others = nodes.filter { $0.index != author && $0.index != sleeper }
    func have() -> Int { others.count { $0.run?.machine.heads == heads } }
    var half: Int64?
    let isEverywhere = wait(upTo: 60_000, step: 1) {
      if half == nil, have() * 2 >= others.count { half = now - start }
      return have() == others.count
    }
    let all = now - start
    guard isEverywhere, let half else { throw SimulationError("a change is not everywhere after a minute") }
    return (max(traffic.all - before - Int(idle * Double(all)), 0), half, all)
  }
}
