import BullpenCore

/// What goes wrong in a run, what people do meanwhile, and when. A seed has one plan.
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
    /// A node's wall clock is set to so many milliseconds ahead of the true time, or behind.
    case setClock(Int, Int64)
    /// Somebody takes an image of a machine's disk.
    case takeImage(Int)
    /// The machine crashes, its disk becomes what it was when the image was taken, and the process starts. It cannot see
    /// that it was set back.
    case putBack(Int)
    /// A changed program writes an activity and a name in another's name, into its own log.
    case forge(Int, as: Int)
    /// The disk is full, or can only be read: it takes nothing until there is room again.
    case fill(Int)
    case clear(Int)
    /// The machine crashes, and the database on its disk is spoilt; how, the number decides.
    case damage(Int, UInt64)
    /// The person has the database rebuilt, and the process starts.
    case mend(Int)
    /// The home is copied to a second machine, which runs beside the first.
    case copy(Int)
    /// The person has been told, and the copy ends for good.
    case endCopy(Int)
    /// A changed program announces what it holds and sends nothing of it, until it is mended.
    case withhold(Int)
    /// A changed program claims so much more of every log than there is.
    case boast(Int, UInt64)
    case beHonest(Int)
    /// A node that ran an older version, which knows fewer tables and columns, gets the newest.
    case upgrade(Int)
    /// All machines stand still for so many days.
    case holiday(days: Int64)
    /// Somebody new comes to the door with an invite, and asks whoever runs to be let in.
    case arrive(Int)
  }

  /// How many machines the office has, 2 or more. The last is a second device of the founder.
  public var nodes = 5
  /// Milliseconds of work before the quiet.
  public var duration: Int64 = 15_000
  /// Of a thousand datagrams, how many are lost, come twice, or come late.
  public var loss = 0
  public var duplicates = 0
  public var late = 0
  /// One way, in milliseconds.
  public var latency: ClosedRange<Int64> = 1...20
  /// Bytes a millisecond that a connection carries, each way; nil for as many as come.
  public var bandwidth: Int64?
  /// How long a write or read of the disk takes, in milliseconds.
  public var diskDelay: ClosedRange<Int64> = 0...3
  /// Of a thousand writes, how many fail.
  public var diskFailures = 0
  /// How far a node's wall clock is off, in milliseconds; 0 for nodes that are not listed.
  public var skews: [Int64] = []
  /// Nodes whose databases are files; those of the others are in memory.
  public var onFiles: Set<Int> = []
  /// Nodes that begin with an older version.
  public var older: Set<Int> = []
  /// In ascending order of moment, in milliseconds from the start of the work.
  public var deeds: [Deed] = []
  public var faults: [(at: Int64, fault: Fault)] = []
  /// Nodes that are not let in when the office opens.
  public var newcomers: Set<Int> {
    Set(faults.compactMap { if case .arrive(let node) = $0.fault { node } else { nil } })
  }

  /// Nothing goes wrong and nobody does anything.
  public init(nodes: Int = 5) { self.nodes = nodes }

  /// The plan of a seed.
  ///
  /// - Parameter nodes: nil for as many as the seed says.
  public init(seed: UInt64, nodes: Int? = nil) {
    var random = SeededRandomness(seed: seed ^ 0x706c_616e)
    let size = Self.size(&random)
    let nodes = nodes ?? size
    self.nodes = nodes
    loss = random.pick([0, 20, 100, 250])
    duplicates = random.pick([0, 20, 100])
    late = random.pick([0, 50, 200])
    latency = 1...random.pick([3, 20, 120])
    diskDelay = 0...random.pick([2, 10, 80])
    diskFailures = random.pick([0, 10, 50, 100])
    skews = (0..<nodes).map { _ in random.chance(600) ? 0 : random.between(-3_000...3_000) }
    for _ in 0..<(3 + random.below(4)) { faults += trouble(&random) }
    if random.chance(300) { admitLate(&random) }
    faults = faults.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    onFiles = Set(faults.compactMap(\.fault.neededFile))
    older = Set(faults.compactMap { if case .upgrade(let node) = $0.fault { node } else { nil } })
    deeds = Deed.work(nodes: nodes, duration: duration, &random)
    deeds = Deed.inOrder(deeds + Deed.decisions(nodes: nodes, duration: duration, &random))
  }

  /// Mostly a handful: what goes wrong among fifty mostly goes wrong among five, at a hundredth of the price.
  private static func size(_ random: inout SeededRandomness) -> Int {
    switch random.below(1_000) {
    case ..<700: 3 + random.below(2)
    case ..<940: 5 + random.below(2)
    case ..<992: 7 + random.below(4)
    case ..<998: 11 + random.below(10)
    default: 21 + random.below(30)
    }
  }

  /// One of those to whom nothing else happens comes in amid all of it.
  private mutating func admitLate(_ random: inout SeededRandomness) {
    let joiners = (1..<nodes - 1).filter { node in !faults.contains { $0.fault.needs(node) } }
    guard !joiners.isEmpty else { return }
    let newcomer = random.pick(joiners)
    faults += [1_000, 5_000, 9_000, 13_000].map { ($0 + random.between(0...2_000), .arrive(newcomer)) }
  }

  /// One thing that goes wrong, and its end.
  private func trouble(_ random: inout SeededRandomness) -> [(at: Int64, fault: Fault)] {
    let at = random.between(500...(duration - 3_000))
    let end = at + random.between(300...6_000)
    let node = random.below(nodes)
    let other = (node + 1 + random.below(nodes - 1)) % nodes
    switch random.below(26) {
    case 0, 1: return [(at, .split((0..<nodes).filter { _ in random.chance(500) })), (end, .heal)]
    case 2, 3: return [(at, .unplug(node)), (end, .heal)]
    case 4...7: return [(at, .crash(node)), (end, .start(node))]
    case 8, 9: return [(at, .stop(node)), (end, .start(node))]
    case 10, 11: return [(at, .suspend(node)), (end, .wake(node))]
    case 12: return [(at, .forge(node, as: other))]
    case 13:
      // A little, as clocks drift; or by hours, as where a battery has died.
      let range: ClosedRange<Int64> = random.chance(600) ? -60_000...60_000 : -86_400_000...86_400_000
      return [(at, .setClock(node, random.between(range)))]
    case 14:
      // What it writes before it hears of others parts from what they know.
      return [(at, .takeImage(node)), (end, .unplug(node)), (end, .putBack(node)), (end + 2_000, .heal)]
    case 15, 16: return [(at, .fill(node)), (end, .clear(node))]
    case 17, 18: return [(at, .damage(node, random.next())), (end, .mend(node))]
    case 19: return [(at, .copy(node)), (end, .endCopy(node))]
    case 20: return [(at, .withhold(node)), (end, .beHonest(node))]
    case 21: return [(at, .boast(node, UInt64(random.pick([1, 1_000])))), (end, .beHonest(node))]
    case 22, 23: return [(at, .upgrade(node))]
    case 24: return [(at, .holiday(days: random.pick([1, 30, 100, 200, 400])))]
    default: return [(at, .cut(node, other))]
    }
  }

  public var description: String {
    let newcomers = newcomers.isEmpty ? "" : "; not in yet: \(newcomers.sorted())"
    let older = older.isEmpty ? "" : "; an older version at \(older.sorted())"
    let times = faults.map { "\($0.at) ms \($0.fault)" }
    return """
      \(nodes) nodes; datagrams: \(loss)‰ lost, \(duplicates)‰ twice, \(late)‰ late; latency \(latency) ms
      disk: \(diskDelay) ms, \(diskFailures)‰ of writes fail; clocks off by \(skews) ms\(older)\(newcomers)
      \(deeds.count) deeds in \(duration) ms; faults: \(times.isEmpty ? "none" : times.joined(separator: ", "))
      """
  }
}

extension FaultPlan.Fault {
  /// Whether it happens to a node by name.
  func needs(_ node: Int) -> Bool { moved { $0 == node ? nil : $0 } == nil }

  /// The node that this can befall only where its database is a file.
  var neededFile: Int? {
    switch self {
    case .takeImage(let node), .damage(let node, _), .copy(let node), .upgrade(let node): node
    default: nil
    }
  }
}
