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
    /// `bullpen backup`, while the node runs.
    case backUp(Int)
    /// `bullpen restore` of the newest backup, on a disk that has nothing else, and the process starts.
    case restore(Int)
    /// A changed program writes an activity and a name in another's name, into its own log.
    case forge(Int, as: Int)
    /// The disk is full, or can only be read: it takes nothing until there is room again.
    case fill(Int)
    case clear(Int)
    /// A program writes so many activities at one moment.
    case flood(Int, writes: Int)
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
    /// A changed program sends of every entry only that it was there.
    case hollow(Int)
    /// A changed program sends what does not prove, in place of what it holds.
    case garble(Int)
    case beHonest(Int)
    /// A node that ran an older version, which knows fewer tables and columns, gets the newest.
    case upgrade(Int)
    /// All machines stand still for so many days.
    case holiday(days: Int64)
    /// Who may makes an invite for so many, which lasts so many milliseconds, and gives it to these nodes.
    case invite([Int], by: Int, uses: Int, lifetime: Int64)
    /// Somebody new comes to the door with an invite, and asks whoever runs to be let in.
    case arrive(Int)
    /// A laptop that nobody knows comes to a running device of a person, to be let in as theirs.
    case link(Int, to: Int)
    /// A node's line gets poor: each of its connections carries so many bytes a millisecond, each way.
    case slow(Int, bytes: Int64)
    /// It is good again, and what waited comes.
    case quick(Int)
    /// A changed program signs histories that part, and shows one to some and another to others; what and to whom, the
    /// number decides.
    case equivocate(Int, UInt64)
    /// A changed program does not heed it when its device is taken out, and goes on.
    case defy(Int)
    /// A changed program dates what it writes so many milliseconds ahead.
    case foretell(Int, ahead: Int64)
    /// A changed program puts what others have sealed elsewhere; what and where, the number decides.
    case move(Int, UInt64)
    /// A node has used up the counter of its clock within one millisecond.
    case useUp(Int)
    /// A changed program begins to send again what was sent before, by itself and by others.
    case replay(Int)
    /// A changed program states what its member may not, or no longer, as of long ago; what and when, the number decides.
    case backdate(Int, UInt64)
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
  /// How many messages with segments, which wait for a disk together, are stored in one transaction at most.
  public var together = Limits.arrivalsTogether
  /// How far a node's wall clock is off, in milliseconds; 0 for nodes that are not listed.
  public var skews: [Int64] = []
  /// Nodes whose databases are files; those of the others are in memory.
  public var onFiles: Set<Int> = []
  /// Nodes that begin with an older version.
  public var older: Set<Int> = []
  /// In ascending order of moment, in milliseconds from the start of the work.
  public var deeds: [Deed] = []
  public var faults: [(at: Int64, fault: Fault)] = []
  /// Nodes that are not let in when the office opens, in ascending order, and how they come last.
  var arrivals: [(newcomer: Int, fault: Fault)] {
    let all = faults.compactMap { item in item.fault.newcomer.map { ($0, item.fault) } }
    return Dictionary(all) { $1 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
  public var newcomers: Set<Int> { Set(arrivals.map(\.newcomer)) }
  /// Whether a newcomer is given an invite of its own, and waits for it.
  func isInvited(_ node: Int) -> Bool {
    faults.contains { if case .invite(let guests, _, _, _) = $0.fault { guests.contains(node) } else { false } }
  }

  /// Nothing goes wrong and nobody does anything.
  public init(nodes: Int = 5) { self.nodes = nodes }

  public var description: String {
    let newcomers = newcomers.isEmpty ? "" : "; not in yet: \(newcomers.sorted())"
    let older = older.isEmpty ? "" : "; an older version at \(older.sorted())"
    let times = faults.map { "\($0.at) ms \($0.fault)" }
    return """
      \(nodes) nodes; datagrams: \(loss)‰ lost, \(duplicates)‰ twice, \(late)‰ late; latency \(latency) ms
      disk: \(diskDelay) ms, \(diskFailures)‰ of writes fail, \(together) messages together; clocks off by \(skews) ms\(older)\(newcomers)
      \(deeds.count) deeds in \(duration) ms; faults: \(times.isEmpty ? "none" : times.joined(separator: ", "))
      """
  }
}

extension FaultPlan.Fault {
  /// The node that this can befall only where its database is a file.
  var neededFile: Int? {
    switch self {
    case .takeImage(let node), .backUp(let node), .damage(let node, _), .copy(let node), .upgrade(let node): node
    default: nil
    }
  }

  /// Who comes by it, and is not in before.
  var newcomer: Int? {
    switch self {
    case .arrive(let node), .link(let node, _): node
    default: nil
    }
  }
}
