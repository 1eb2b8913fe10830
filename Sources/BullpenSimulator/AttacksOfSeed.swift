import BullpenCore

// What members with changed programs do, by the seed.
extension FaultPlan {
  mutating func attack(_ random: inout SeededRandomness) {
    if random.chance(120) { defy(&random) }
    if random.chance(100) {
      let ahead: Int64 = random.pick([1, 5, 20, 72, 9_600])
      let liar = random.below(nodes)
      faults.append((random.between(500...(duration - 2_000)), .foretell(liar, ahead: ahead * 3_600_000)))
    }
    if random.chance(100) {
      // When something was sealed.
      for _ in 0...2 {
        faults.append((random.between(4_000...(duration - 500)), .move(random.below(nodes), random.next())))
      }
    }
    if random.chance(80) {
      let liar = random.below(nodes)
      let at = random.between(2_000...(duration - 4_000))
      faults += [(at, .replay(liar)), (at + random.between(2_000...6_000), .beHonest(liar))]
    }
    if random.chance(120) { backdate(&random) }
    if random.chance(60) { faults.append((random.between(500...(duration - 3_000)), .useUp(random.below(nodes)))) }
  }

  /// Somebody was an admin for a while, or never, and states what an admin might have, as of then.
  private mutating func backdate(_ random: inout SeededRandomness) {
    let liar = 1 + random.below(nodes - 2), owner = random.pick([0, nodes - 1])
    let at = random.between(500...5_000)
    if random.chance(700) {
      deeds.append(Deed(at: at, node: owner, kind: .give(.admin, to: liar), luck: random.next()))
      let end: Deed.Kind = random.chance(800) ? .give(.member, to: liar) : .remove(liar)
      deeds.append(Deed(at: at + random.between(1_000...4_000), node: owner, kind: end, luck: random.next()))
    }
    for _ in 0...random.below(3) {
      faults.append((at + random.between(2_000...9_000), .backdate(liar, random.next())))
    }
  }

  /// Somebody is taken out, does not heed it, and goes on writing; some hear of the cut late.
  private mutating func defy(_ random: inout SeededRandomness) {
    let liar = 1 + random.below(nodes - 2), admin = random.pick([0, nodes - 1])
    let at = random.between(500...6_000)
    faults.append((at, .defy(liar)))
    deeds.append(Deed(at: at + random.between(100...2_000), node: admin, kind: .remove(liar), luck: random.next()))
    for _ in 0..<5 {
      let kind: Deed.Kind = random.pick([.post, .post, .notify(2), .rename])
      deeds.append(Deed(at: at + random.between(500...8_000), node: liar, kind: kind, luck: random.next()))
    }
    guard random.chance(600) else { return }
    let away = (0..<nodes).filter { $0 != admin && ($0 == liar || random.chance(500)) }
    faults.append((at + random.between(0...1_000), .split(away)))
    faults.append((at + random.between(5_000...8_000), .heal))
  }
}
