import BullpenCore

/// Makes a plan that fails small: it leaves out machines, faults, deeds and bad luck, as long as what is left fails in
/// the same way. What a person has to read then is a handful of lines.
public struct Shrinker {
  public struct Shrunk: Sendable {
    /// Decides what the plan leaves open.
    public let seed: UInt64
    public let plan: FaultPlan
    public let findings: [String]
    /// How many runs it took.
    public let runs: Int
  }

  private let limit: Int64
  private let budget: Int
  private let disk: (any Disk) -> any Disk
  private var runs = 0
  /// What went wrong, without who and how much.
  private var kinds: Set<String> = []
  private var seed: UInt64
  private var plan: FaultPlan
  private var findings: [String] = []

  /// - Parameters:
  ///   - limit: how many virtual milliseconds the quiet after each run may last.
  ///   - budget: how many runs it may take.
  ///   - disk: as `Simulation` takes it.
  public init(
    seed: UInt64, plan: FaultPlan? = nil, settlingWithin limit: Int64 = 45_000, budget: Int = 600,
    disk: @escaping (any Disk) -> any Disk = { $0 }
  ) {
    self.seed = seed
    self.plan = plan ?? FaultPlan(seed: seed)
    self.limit = limit
    self.budget = budget
    self.disk = disk
  }

  /// - Returns: nil where nothing is wrong with the plan.
  public mutating func shrink() -> Shrunk? {
    let whole = run(seed, plan)
    guard !whole.isEmpty else { return nil }
    kinds = Set(whole.map(Self.kind))
    findings = whole
    var before: Int
    repeat {
      before = size
      calm()
      dropNodes()
      plan.faults = thin(plan.faults) { plan, faults in plan.faults = faults }
      plan.deeds = thin(plan.deeds) { plan, deeds in plan.deeds = deeds }
    } while size < before && runs < budget
    return Shrunk(seed: seed, plan: plan, findings: findings, runs: runs)
  }

  private var size: Int { plan.nodes + plan.faults.count + plan.deeds.count }

  private mutating func run(_ seed: UInt64, _ plan: FaultPlan) -> [String] {
    runs += 1
    return Simulation(seed: seed, plan: plan, disk: disk).run(settlingWithin: limit).findings
  }

  /// Takes the plan in place of ours if it fails in the same way, with this luck or another.
  private mutating func keep(_ smaller: FaultPlan, luck: UInt64 = 0) -> Bool {
    for seed in seed...(seed + luck) where runs < budget {
      let findings = run(seed, smaller)
      guard findings.contains(where: { kinds.contains(Self.kind($0)) }) else { continue }
      self.seed = seed
      self.plan = smaller
      self.findings = findings
      return true
    }
    return false
  }

  // MARK: - What may be left out

  private mutating func calm() {
    let quiet = FaultPlan()
    let ways: [(inout FaultPlan) -> Void] = [
      { $0.loss = 0 }, { $0.duplicates = 0 }, { $0.late = 0 }, { $0.diskFailures = 0 }, { $0.skews = [] },
      { $0.older = [] }, { $0.together = 1 },
      { $0.latency = quiet.latency }, { $0.diskDelay = quiet.diskDelay },
    ]
    for way in ways {
      var smaller = plan
      way(&smaller)
      if smaller.description != plan.description { _ = keep(smaller) }
    }
  }

  private mutating func dropNodes() {
    var node = plan.nodes - 2
    while node >= 1, plan.nodes > 3 {
      _ = keep(plan.without(node), luck: 2)
      node -= 1
    }
  }

  /// Leaves out halves, then quarters, and at last one by one.
  private mutating func thin<T>(_ items: [T], _ set: (inout FaultPlan, [T]) -> Void) -> [T] {
    var items = items
    var chunk = max(items.count / 2, 1)
    while !items.isEmpty {
      var start = 0
      while start < items.count {
        var fewer = items
        fewer.removeSubrange(start..<min(start + chunk, items.count))
        var smaller = plan
        set(&smaller, fewer)
        if keep(smaller) { items = fewer } else { start += chunk }
      }
      if chunk == 1 { break }
      chunk = (chunk + 1) / 2
    }
    return items
  }

  /// The same finding at another node, or with another number, is the same.
  static func kind(_ finding: String) -> String {
    let names = Set((0..<200).map { Names.name($0, of: 201) } + [Names.name(1, of: 2)])
    return finding.split(separator: " ").map { word in
      let letters = word.prefix { $0.isLetter || $0 == "2" }
      return names.contains(String(letters)) || word.contains(where: \.isNumber) ? "…" : String(word)
    }.joined(separator: " ")
  }
}

extension FaultPlan {
  /// Without one machine, and what happened to it or was done at it. Later ones move up.
  func without(_ node: Int) -> FaultPlan {
    var plan = self
    plan.nodes -= 1
    if skews.indices.contains(node) { plan.skews.remove(at: node) }
    func moved(_ other: Int) -> Int? { other == node ? nil : other > node ? other - 1 : other }
    plan.faults = faults.compactMap { at, fault in fault.moved(moved).map { (at, $0) } }
    plan.onFiles = Set(onFiles.compactMap(moved))
    plan.older = Set(older.compactMap(moved))
    plan.deeds = deeds.compactMap { deed in
      guard let place = moved(deed.node), let kind = deed.kind.moved(moved) else { return nil }
      return Deed(at: deed.at, node: place, kind: kind, luck: deed.luck)
    }
    return plan
  }
}

extension FaultPlan.Fault {
  /// The same where nodes have other places; nil where it happens to one that has none.
  func moved(_ place: (Int) -> Int?) -> FaultPlan.Fault? {
    switch self {
    case .split(let side): .split(side.compactMap(place))
    case .unplug(let node): place(node).map { .unplug($0) }
    case .heal: .heal
    case .crash(let node): place(node).map { .crash($0) }
    case .start(let node): place(node).map { .start($0) }
    case .stop(let node): place(node).map { .stop($0) }
    case .suspend(let node): place(node).map { .suspend($0) }
    case .wake(let node): place(node).map { .wake($0) }
    case .cut(let a, let b): place(a).flatMap { a in place(b).map { .cut(a, $0) } }
    case .setClock(let node, let ahead): place(node).map { .setClock($0, ahead) }
    case .takeImage(let node): place(node).map { .takeImage($0) }
    case .putBack(let node): place(node).map { .putBack($0) }
    case .backUp(let node): place(node).map { .backUp($0) }
    case .restore(let node): place(node).map { .restore($0) }
    case .forge(let node, let victim): place(node).flatMap { node in place(victim).map { .forge(node, as: $0) } }
    case .fill(let node): place(node).map { .fill($0) }
    case .clear(let node): place(node).map { .clear($0) }
    case .flood(let node, let writes): place(node).map { .flood($0, writes: writes) }
    case .damage(let node, let luck): place(node).map { .damage($0, luck) }
    case .mend(let node): place(node).map { .mend($0) }
    case .copy(let node): place(node).map { .copy($0) }
    case .endCopy(let node): place(node).map { .endCopy($0) }
    case .withhold(let node): place(node).map { .withhold($0) }
    case .boast(let node, let more): place(node).map { .boast($0, more) }
    case .hollow(let node): place(node).map { .hollow($0) }
    case .garble(let node): place(node).map { .garble($0) }
    case .beHonest(let node): place(node).map { .beHonest($0) }
    case .upgrade(let node): place(node).map { .upgrade($0) }
    case .invite(let guests, let node, let uses, let lifetime):
      place(node).map { .invite(guests.compactMap(place), by: $0, uses: uses, lifetime: lifetime) }
    case .arrive(let node): place(node).map { .arrive($0) }
    case .link(let node, let person): place(node).flatMap { node in place(person).map { .link(node, to: $0) } }
    case .holiday: self
    case .slow(let node, let bytes): place(node).map { .slow($0, bytes: bytes) }
    case .quick(let node): place(node).map { .quick($0) }
    case .equivocate(let node, let luck): place(node).map { .equivocate($0, luck) }
    case .defy(let node): place(node).map { .defy($0) }
    case .foretell(let node, let ahead): place(node).map { .foretell($0, ahead: ahead) }
    case .move(let node, let luck): place(node).map { .move($0, luck) }
    case .useUp(let node): place(node).map { .useUp($0) }
    case .replay(let node): place(node).map { .replay($0) }
    case .backdate(let node, let luck): place(node).map { .backdate($0, luck) }
    }
  }
}

extension Deed.Kind {
  fileprivate func moved(_ place: (Int) -> Int?) -> Deed.Kind? {
    switch self {
    case .give(let role, let other): place(other).map { .give(role, to: $0) }
    case .name(let other): place(other).map { .name(successor: $0) }
    case .remove(let other): place(other).map { .remove($0) }
    case .changeTeam(let other): place(other).map { .changeTeam($0) }
    default: self
    }
  }
}
