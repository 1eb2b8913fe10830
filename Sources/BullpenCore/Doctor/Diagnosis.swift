/// Why somebody is not seen, decided from symptoms alone: verdicts in words, the gravest first.
public struct Diagnosis: Hashable, Sendable {
  /// Never empty: where nothing is wrong, one says so.
  public let verdicts: [Verdict]

  /// Whether nothing keeps anybody from being seen.
  public var isWell: Bool { !verdicts.contains { $0.severity < .note } }

  /// Where nothing more can be looked at than this machine, for a reason that comes first.
  public init(_ first: Verdict, _ interfaces: [Symptoms.Interface]) {
    verdicts = [first] + [Self.network(Symptoms(interfaces: interfaces))].compactMap { $0 }
  }

  /// Decides.
  public init(_ symptoms: Symptoms) {
    var found: [Verdict] = []
    let network = Self.network(symptoms)
    if let network { found.append(network) }
    if let person = symptoms.person, person.isFormer {
      found.append(Self.former(person))
    } else if symptoms.peers.isEmpty {
      found.append(
        Verdict(
          .nobodyElse, .warning, "No other device is in this workspace yet.",
          hint: "`bullpen invite` makes an invite for a colleague on the same network."))
    }
    for peer in symptoms.subjects {
      // Where this machine is on no network, that is why.
      if network != nil, !peer.isLive { continue }
      found += Self.device(peer, symptoms)
    }
    if network == nil {
      found += Self.confinement(symptoms) + Self.given(symptoms) + Self.responder(symptoms)
    }
    found += Self.notices(symptoms)
    if !found.contains(where: { $0.severity < .note }) { found.append(Self.well(symptoms)) }
    // What was found first stays first among what is as grave. All being well comes before notes.
    verdicts = found.enumerated().sorted { a, b in
      (Self.place(a.element), a.offset) < (Self.place(b.element), b.offset)
    }.map(\.element)
  }

  private static func place(_ verdict: Verdict) -> Int {
    switch verdict.severity {
    case .fault: 0
    case .warning: 1
    case .well: 2
    case .note: 3
    }
  }

  // MARK: - This machine

  /// Why this machine reaches nobody; nil where it is on a network.
  private static func network(_ symptoms: Symptoms) -> Verdict? {
    let interfaces = symptoms.interfaces
    if let name = symptoms.confinedTo {
      guard let one = interfaces.first(where: { $0.name == name }) else {
        return Verdict(
          .interfaceDown, .fault, "There is no network interface \(name) now, and this node was told to use no other.",
          hint: "Plug it in, or start the node again without `--interface`: `bullpen down`, then `bullpen up`.")
      }
      if !one.isUp { return down([name]) }
      guard one.addresses.isEmpty else { return nil }
      return Verdict(
        .noNetwork, .fault, "The network interface \(name) is up but has no address.",
        hint:
          "Whoever gives out addresses there, such as a router, does not answer. Plug the cable in again, or choose "
          + "the Wi-Fi anew.")
    }
    let usable = interfaces.filter(\.isUsable)
    if usable.contains(where: { $0.kind == .link }) { return nil }
    let off = interfaces.filter { $0.kind == .link && !$0.isUp }.map(\.name)
    if usable.isEmpty {
      if !off.isEmpty { return down(off) }
      return Verdict(
        .noNetwork, .fault, "This machine is on no network.", hint: "Plug in a cable or choose a Wi-Fi, then try again."
      )
    }
    let names = usable.map(\.name).joined(separator: ", ")
    let also = off.isEmpty ? "" : " Down: \(off.joined(separator: ", "))."
    return Verdict(
      .virtualOnly, .fault,
      "Only links of containers, virtual machines or a VPN are up here (\(names)); they rarely lead to a colleague.\(also)",
      hint: "Plug in a cable or choose a Wi-Fi, then try again.", remedies: switchOn(off))
  }

  /// On loopback there is nobody from another machine, however well all else works there.
  private static func confinement(_ symptoms: Symptoms) -> [Verdict] {
    guard let name = symptoms.confinedTo,
      symptoms.interfaces.contains(where: { $0.name == name && $0.kind == .loopback })
    else { return [] }
    return [
      Verdict(
        .loopbackOnly, symptoms.isAnybodyMissed ? .warning : .note,
        "This node was told to use \(name) alone, the inside of this machine: it reaches no other machine, and nobody there "
          + "reaches it.",
        hint: "To meet others, start it again without `--interface`: `bullpen down`, then `bullpen up`.")
    ]
  }

  private static func down(_ names: [String]) -> Verdict {
    let (subject, verb) = (names.joined(separator: ", "), names.count == 1 ? "is" : "are")
    return Verdict(
      .interfaceDown, .fault, "\(subject) \(verb) down: no cable, no Wi-Fi, or switched off.",
      hint: "Plug the cable in or choose a Wi-Fi. If it was switched off, a line for this machine switches it on.",
      remedies: switchOn(names))
  }

  private static func switchOn(_ names: [String]) -> [Remedy] {
    guard !names.isEmpty else { return [] }
    return [
      Remedy(tool: "NetworkManager", lines: names.map { "nmcli device connect \($0)" }),
      Remedy(tool: "ip", lines: names.map { "sudo ip link set \($0) up" }),
    ]
  }

  // MARK: - The workspace

  private static func former(_ person: Symptoms.Person) -> Verdict {
    let who = person.removedBy.map { "\($0) removed their last device" } ?? "no device of theirs is left in it"
    return Verdict(
      .formerMember, .fault, "\(person.name) is no longer in this workspace: \(who).",
      hint: "To come back takes a new invite: `bullpen invite`.", member: person.member)
  }

  private static func well(_ symptoms: Symptoms) -> Verdict {
    let subjects = symptoms.subjects
    let live = subjects.count(where: \.isLive)
    guard let person = symptoms.person else {
      return Verdict(
        .nothingWrong, .well,
        "Nothing is wrong: this machine hears \(live) of \(subjects.count) other \(subjects.count == 1 ? "device" : "devices")."
      )
    }
    if person.isSelf {
      return Verdict(.nothingWrong, .well, "Nothing is wrong, and that is you.", member: person.member)
    }
    return Verdict(
      .nothingWrong, .well, "Nothing is wrong: this machine hears \(person.name), who is shown as being here.",
      member: person.member)
  }
}
