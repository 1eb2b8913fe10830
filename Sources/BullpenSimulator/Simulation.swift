import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenWire

/// An office in virtual time: every node is the same root machine over a real store, real codecs and real
/// cryptography; only clocks, cables and the disk's temper are made up. A seed repeats a run exactly.
///
///     let report = Simulation(seed: 7).run()
///
/// A story may also be told step by step: `open`, then `people` act and `advance` lets time pass.
public final class Simulation {
  /// Unix milliseconds at which virtual time begins.
  static let epoch: Int64 = 1_800_000_000_000

  public let seed: UInt64
  public let plan: FaultPlan
  let prover = SodiumProver(decode: StatementCodec.decode)
  let trace = Trace()
  /// What the newest version knows.
  let tables: [TableDeclaration]
  let wrap: (any Disk) -> any Disk
  let program: () -> any Program
  /// Milliseconds since the beginning.
  public internal(set) var now: Int64 = 0
  /// Milliseconds for which all machines stood still.
  var holidays: Int64 = 0
  /// The true time, in Unix milliseconds.
  var wall: Int64 { Self.epoch + holidays + now }
  var queue = EventQueue()
  var random: SeededRandomness
  var nodes: [SimulatedNode] = []
  /// Second machines with a node's home, also those that have ended.
  var copies: [SimulatedNode] = []
  var machines: [SimulatedNode] { nodes + copies }
  var links: [LinkEnd] = []
  /// The number of the machine that is to be reached at an address.
  var places: [Endpoint: Int] = [:]
  /// Machines of one side reach one another.
  var sides: [Int] = []
  /// While nothing goes wrong.
  var isCalm = true { didSet { for node in machines { node.disk?.failures = isCalm ? 0 : plan.diskFailures } } }
  /// The office's, once it is open.
  private(set) var workspace: WorkspaceID!
  /// Of the invite by which all joiners come.
  private(set) var secret: InviteKey?
  /// What should not have happened.
  var findings: [String] = []
  var ledger = Ledger()
  /// Machines that did not send what they announced, and that have branches of a log of theirs, whyever.
  var keptBack: Set<Int> = []
  var hadBranches: Set<Int> = []

  /// For databases that are files; made when it is needed, and gone with the office.
  let folder: DiskFolder?

  /// Nil where nothing is ever sent again.
  var recording: Recording?

  var traffic = Traffic()
  var toll = Toll()

  /// Bytes that were sent.
  struct Traffic {
    var frames = 0
    var datagrams = 0
    var all: Int { frames + datagrams }
  }

  /// - Parameters:
  ///   - nodes: 2 to 200, the last of them a second device of the founder; nil for as many as the plan says.
  ///   - plan: nil for the plan of the seed.
  ///   - listener: hears every event in words.
  ///   - tables: what the newest version knows: a test may declare something wrong.
  ///   - disk: puts something between a node and its store.
  ///   - program: makes the program of each process.
  public init(
    seed: UInt64, nodes count: Int? = nil, plan: FaultPlan? = nil, listener: ((String) -> Void)? = nil,
    tables: [TableDeclaration] = Tables.all, disk wrap: @escaping (any Disk) -> any Disk = { $0 },
    program: (() -> any Program)? = nil
  ) {
    var plan = plan ?? FaultPlan(seed: seed, nodes: count)
    if let count { plan.nodes = count }
    precondition((2...200).contains(plan.nodes), "2 to 200 nodes")
    self.seed = seed
    self.plan = plan
    self.tables = tables
    self.wrap = wrap
    self.program = program ?? { RealProgram() }
    random = SeededRandomness(seed: seed)
    trace.listener = listener
    folder = plan.onFiles.isEmpty ? nil : DiskFolder()
    recording = plan.faults.contains(where: \.fault.isReplay) ? Recording() : nil
    sides = Array(repeating: 0, count: plan.nodes)
    for index in 0..<plan.nodes {
      let node = SimulatedNode(
        index, Names.name(index, of: plan.nodes), self, skew: index < plan.skews.count ? plan.skews[index] : 0,
        secret: index == plan.nodes - 1 ? nodes[0].author.secret : nil)
      nodes.append(node)
      places[node.endpoint] = index
    }
  }

  deinit {
    for end in links { end.other = nil }
    for node in machines { node.letGo() }
  }

  // MARK: - Time

  /// Lets virtual time pass.
  public func advance(by milliseconds: Int64) {
    let end = now + milliseconds
    while let item = queue.next(by: end) {
      now = max(now, item.at)
      item.work()
    }
    now = end
  }

  /// - Returns: whether it came true within so many milliseconds.
  @discardableResult
  func wait(upTo milliseconds: Int64, step: Int64 = 100, _ isTrue: () -> Bool) -> Bool {
    let end = now + milliseconds
    while !isTrue() {
      guard now < end else { return false }
      advance(by: step)
    }
    return true
  }

  // MARK: - The office opens

  /// The founder starts a workspace, the others join it with one invite, and the founder's second device is let
  /// in. Nothing goes wrong meanwhile.
  public func open() throws(SimulationError) {
    let founder = nodes[0]
    do { try founder.found("the office") } catch { throw SimulationError("the founder cannot start: \(error)") }
    founder.start()
    guard let workspace = founder.store?.workspace, let member = founder.member else {
      throw SimulationError("the founder has no workspace")
    }
    self.workspace = workspace
    let secret = InviteKey(using: &random)
    self.secret = secret
    let joiners = nodes[1..<nodes.count - 1]
    let second = nodes[nodes.count - 1]
    var isReady = false
    if joiners.isEmpty { isReady = true }
    let invite = Invite(
      invite: secret.invite, role: .member, uses: UInt32(joiners.count), expiry: Self.epoch + 86_400_000)
    if !isReady { founder.claim(.invite(invite)) { result in if case .success = result { isReady = true } } }
    guard wait(upTo: 5_000, { isReady }) else { throw SimulationError("no invite was made") }
    for joiner in joiners where !plan.newcomers.contains(joiner.index) {
      ask(founder, toLetIn: joiner)
      guard wait(upTo: 5_000, { joiner.run != nil }) else { throw SimulationError("\(joiner.name) could not join") }
    }
    let credential = Credential(
      device: second.device, member: member, memberKey: second.author.secret.key, role: .owner, invite: nil,
      consent: second.author.device.consent(to: member, key: second.author.secret.key, in: workspace))
    founder.claim(.credential(credential)) { result in
      if case .success = result, let store = founder.store {
        second.joined(workspace, store.statements())
        second.start()
      }
    }
    guard wait(upTo: 5_000, { second.run != nil }) else { throw SimulationError("no second device was let in") }
  }

  // MARK: - A whole run

  /// Opens the office, lets the plan happen while people work, heals everything and looks whether all is well; then,
  /// whether a poor line holds up nobody else, and last, whether who leaves without a word is missed, and nobody else.
  ///
  /// - Parameter limit: how many virtual milliseconds the quiet may last.
  public func run(settlingWithin limit: Int64 = 120_000) -> Report {
    do throws(SimulationError) {
      try open()
      isCalm = false
      let end = now + max(plan.duration, plan.faults.last?.at ?? 0)
      for (at, fault) in plan.faults { queue.add(at: now + at) { [unowned self] in bring(fault) } }
      scheduleWork()
      scheduleAudits()
      advance(by: plan.duration)
      findings += settle(within: limit)
      toll.forks = findings.isEmpty ? equivocations().count : 0
      if findings.isEmpty { findings += haste(after: end) }
      if findings.isEmpty { findings += absence(after: end) }
    } catch {
      findings.append(error.description)
    }
    return Report(
      seed: seed, plan: plan, findings: Self.once(findings), trace: trace.digest, events: trace.count,
      acknowledged: ledger.acknowledged.count, toll: toll, lasted: now)
  }

  /// What is wrong again and again is said once.
  private static func once(_ findings: [String]) -> [String] {
    var said: Set<String> = []
    return findings.filter { said.insert($0).inserted }
  }

  /// Whether faults that are easily too mild were felt.
  public struct Toll: Sendable {
    /// Messages that were a second or more under way over a poor line.
    public internal(set) var heldUp = 0
    /// Logs of which their device showed one history to some and another to others, and everybody has all.
    public internal(set) var forks = 0
    /// Transactions in which several messages were stored.
    public internal(set) var grouped = 0
  }

  public struct Report: Sendable {
    public let seed: UInt64
    public let plan: FaultPlan
    /// What is wrong, in words; empty when all is well.
    public let findings: [String]
    /// The hash of all that happened.
    public let trace: Digest
    public let events: Int
    public let acknowledged: Int
    public let toll: Toll
    /// Virtual milliseconds.
    public let lasted: Int64
  }
}

public struct SimulationError: Error, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
