import BullpenCore

extension FaultPlan {
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
    if random.chance(200) { linkLate(&random) }
    if random.chance(250) { inviteLate(&random) }
    if random.chance(40) { flood(&random) }
    onFiles = Set(faults.compactMap(\.fault.neededFile))
    older = Set(faults.compactMap { if case .upgrade(let node) = $0.fault { node } else { nil } })
    deeds = Deed.work(nodes: nodes, duration: duration, &random)
    deeds += Deed.decisions(nodes: nodes, duration: duration, &random)
    // What was thought of later is drawn last, so that a seed keeps what it had.
    if random.chance(150) { slowDown(&random) }
    if random.chance(150) { equivocate(&random) }
    together = random.pick([1, 2, Limits.arrivalsTogether, Limits.arrivalsTogether])
    attack(&random)
    faults = faults.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    deeds = Deed.inOrder(deeds)
  }

  /// Mostly a handful: what goes wrong among fifty mostly goes wrong among five, at a hundredth of the price.
  private static func size(_ random: inout SeededRandomness) -> Int {
    switch random.below(1_000) {
    case ..<700: 3 + random.below(2)
    case ..<940: 5 + random.below(2)
    case ..<984: 7 + random.below(4)
    case ..<996: 11 + random.below(10)
    default: 21 + random.below(30)
    }
  }

  /// Somebody new comes in amid all of it.
  private mutating func admitLate(_ random: inout SeededRandomness) {
    guard let newcomer = outsider(&random) else { return }
    faults += Self.visits(&random) { .arrive(newcomer) }
  }

  /// Somebody brings a further laptop amid all of it.
  private mutating func linkLate(_ random: inout SeededRandomness) {
    guard let newcomer = outsider(&random) else { return }
    let people = (0..<nodes - 1).filter { $0 != newcomer && !newcomers.contains($0) }
    let person = random.pick(people)
    faults += Self.visits(&random) { .link(newcomer, to: person) }
  }

  /// Somebody makes an invite amid all of it, and whom it was given to come by it.
  private mutating func inviteLate(_ random: inout SeededRandomness) {
    let guests = Set((0...random.below(2)).compactMap { _ in outsider(&random) }).sorted()
    guard !guests.isEmpty else { return }
    let inviter = random.chance(700) ? random.pick([0, nodes - 1]) : random.below(nodes)
    let lifetime: Int64 = random.pick([3_000, 60_000, 7 * 86_400_000])
    faults.append(
      (random.between(0...6_000), .invite(guests, by: inviter, uses: random.pick([1, 1, 2, 5]), lifetime: lifetime)))
    for guest in guests { faults += Self.visits(&random) { .arrive(guest) } }
  }

  /// More is written than may wait for the disk; and then the machine goes down, or its disk takes nothing.
  private mutating func flood(_ random: inout SeededRandomness) {
    let node = random.below(nodes)
    let at = random.between(500...(duration - 3_000))
    faults.append((at, .flood(node, writes: Limits.commitsQueued + 1 + random.below(40))))
    let end: Fault = random.pick([.crash(node), .stop(node), .suspend(node), .fill(node)])
    faults.append((at + random.between(0...2_000), end))
  }

  /// A line gets poor while others write more than it carries.
  private mutating func slowDown(_ random: inout SeededRandomness) {
    let node = random.below(nodes)
    let at = random.between(500...(duration - 6_000))
    faults.append((at, .slow(node, bytes: random.pick([20, 50, 150]))))
    faults.append((at + random.between(3_000...9_000), .quick(node)))
    for _ in 0...random.below(2) {
      let writer = (node + 1 + random.below(nodes - 1)) % nodes
      let kind = Deed.Kind.pour(20 + random.below(60))
      deeds.append(Deed(at: at + random.between(0...2_000), node: writer, kind: kind, luck: random.next()))
    }
  }

  private mutating func equivocate(_ random: inout SeededRandomness) {
    faults.append((random.between(500...(duration - 1_000)), .equivocate(random.below(nodes), random.next())))
  }

  /// One of those who are in when the office opens, and need not be; nil where there is none.
  private func outsider(_ random: inout SeededRandomness) -> Int? {
    let inside = (1..<nodes - 1).filter { !newcomers.contains($0) }
    return inside.isEmpty ? nil : random.pick(inside)
  }

  private static func visits(_ random: inout SeededRandomness, _ visit: () -> Fault) -> [(at: Int64, fault: Fault)] {
    [1_000, 5_000, 9_000, 13_000].map { ($0 + random.between(0...2_000), visit()) }
  }

  /// One thing that goes wrong, and its end.
  private func trouble(_ random: inout SeededRandomness) -> [(at: Int64, fault: Fault)] {
    let at = random.between(500...(duration - 3_000))
    let end = at + random.between(300...6_000)
    let node = random.below(nodes)
    let other = (node + 1 + random.below(nodes - 1)) % nodes
    switch random.below(30) {
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
    case 25, 26:
      // However the disk was lost. Out of the office it writes on before it hears of others what it wrote.
      let loss: Fault = random.pick([.stop(node), .crash(node), .unplug(node), .damage(node, random.next())])
      // Before everything is mended: then all run, and go on.
      let lost = min(end, duration - 1_000)
      let course: [(at: Int64, fault: Fault)] = [(at, .backUp(node)), (lost, loss), (lost + 300, .restore(node))]
      return loss == .unplug(node) ? course + [(lost + 2_300, .heal)] : course
    case 27, 28: return [(at, random.pick([.hollow(node), .garble(node)])), (end, .beHonest(node))]
    default: return [(at, .cut(node, other))]
    }
  }
}
