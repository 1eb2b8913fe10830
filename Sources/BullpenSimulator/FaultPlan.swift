import BullpenCore

/// What goes wrong in a run, and when. A seed has one plan.
public struct FaultPlan: Sendable, CustomStringConvertible {
  /// Nodes are numbered from 0 in the order in which they came.
  public enum Fault: Hashable, Sendable {
    /// These nodes and the others no longer reach one another, and nobody is told.
    case split([Int])
    /// One node's cable is out: it reaches nobody, and sees its link come up again.
    case unplug(Int)
    case heal
    /// The process is gone amid whatever it did. What was on its way to the disk has landed or not.
    case crash(Int)
    case start(Int)
    /// The process says goodbye and ends.
    case stop(Int)
    /// The machine stands still: nothing is heard, no timer fires.
    case suspend(Int)
    case wake(Int)
    /// Every connection of a pair breaks.
    case cut(Int, Int)
  }

  /// Milliseconds of work before the quiet.
  public var duration: Int64 = 15_000
  /// Of a thousand datagrams, how many are lost, come twice, or come late.
  public var loss = 0
  public var duplicates = 0
  public var late = 0
  /// One way, in milliseconds.
  public var latency: ClosedRange<Int64> = 1...20
  /// How long a write or read of the disk takes, in milliseconds.
  public var diskDelay: ClosedRange<Int64> = 0...3
  /// Of a thousand writes, how many fail.
  public var diskFailures = 0
  /// How far a node's wall clock is off, in milliseconds; 0 for nodes that are not listed.
  public var skews: [Int64] = []
  /// What people do.
  public var actions = 40
  /// In ascending order of moment, in milliseconds from the start of the work.
  public var faults: [(at: Int64, fault: Fault)] = []

  /// Nothing goes wrong and nobody does anything.
  public init() { actions = 0 }

  /// The plan of a seed.
  public init(seed: UInt64, nodes: Int) {
    var random = SeededRandomness(seed: seed ^ 0x706c_616e)
    loss = random.pick([0, 20, 100, 250])
    duplicates = random.pick([0, 20, 100])
    late = random.pick([0, 50, 200])
    latency = 1...random.pick([3, 20, 120])
    diskDelay = 0...random.pick([2, 10, 80])
    diskFailures = random.pick([0, 10, 50, 100])
    skews = (0..<nodes).map { _ in random.chance(600) ? 0 : random.between(-3_000...3_000) }
    for _ in 0..<(3 + random.below(4)) {
      let at = random.between(500...(duration - 3_000))
      let end = at + random.between(300...6_000)
      let node = random.below(nodes)
      switch random.below(7) {
      case 0:
        let side = (0..<nodes).filter { _ in random.chance(500) }
        faults += [(at, .split(side)), (end, .heal)]
      case 1: faults += [(at, .unplug(node)), (end, .heal)]
      case 2, 3: faults += [(at, .crash(node)), (end, .start(node))]
      case 4: faults += [(at, .stop(node)), (end, .start(node))]
      case 5: faults += [(at, .suspend(node)), (end, .wake(node))]
      default: faults.append((at, .cut(node, (node + 1 + random.below(nodes - 1)) % nodes)))
      }
    }
    faults = faults.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }

  public var description: String {
    let times = faults.map { "\($0.at) ms \($0.fault)" }
    return """
      datagrams: \(loss)‰ lost, \(duplicates)‰ twice, \(late)‰ late; latency \(latency) ms
      disk: \(diskDelay) ms, \(diskFailures)‰ of writes fail; clocks off by \(skews) ms
      \(actions) actions in \(duration) ms; faults: \(times.isEmpty ? "none" : times.joined(separator: ", "))
      """
  }
}
