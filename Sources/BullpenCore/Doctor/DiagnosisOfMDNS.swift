/// Whether mDNS works, here and on the network.
extension Diagnosis {
  static func responder(_ symptoms: Symptoms) -> [Verdict] {
    switch symptoms.responder {
    case .off:
      // Loopback and tests aside, somebody has chosen so.
      guard symptoms.port != 0 else { return [] }
      return [
        Verdict(
          .mdnsOff, .note, "mDNS is switched off, so only remembered and given addresses are tried.",
          hint: "`bullpen up --discovery auto` switches it on.")
      ]
    case .starting:
      return [
        Verdict(
          .mdnsStarting, .warning, "mDNS is just starting, so who is near is not known yet.",
          hint: "Try again in a few seconds.")
      ]
    case .failing(let sentence):
      return [
        Verdict(
          .mdnsFailing, .fault, "mDNS does not work here. \(sentence)",
          hint: "Colleagues are found by remembered addresses alone. `bullpen up --peer HOST:PORT` names one by hand.",
          remedies: [restart])
      ]
    case .running(let isSystem, let age, let isAgain): return running(isSystem, age, isAgain, symptoms)
    }
  }

  private static func running(_ isSystem: Bool, _ age: Int64, _ isAgain: Bool, _ symptoms: Symptoms) -> [Verdict] {
    var found: [Verdict] = []
    let tried = symptoms.interfaces.filter { $0.echo != .notTried }
    let silent = tried.filter { $0.echo == .silent }.map(\.name)
    if !silent.isEmpty {
      let by = isSystem ? "this machine's Avahi daemon hangs" : "the node's responder hangs"
      found.append(
        Verdict(
          .mdnsNotHeard, .fault,
          "mDNS is not heard on \(silent.joined(separator: ", ")): this node asked for its own announcement there and got "
            + "no answer. A firewall on this machine drops multicast, or \(by).",
          hint: "Run the lines for this machine's firewall here. If nothing changes, restart what speaks by mDNS.",
          remedies: Remedy.openMDNS() + (isSystem ? [restart] : [])))
    } else if isAgain, age < Limits.sightingSettle {
      found.append(
        Verdict(
          .mdnsRestarted, .note,
          "mDNS began anew \(age / 1_000) s ago, as when its daemon restarts; who is near is heard again within "
            + "\(Limits.sightingSettle / 1_000) s."))
    }
    // Until then it is too soon to miss anybody.
    if silent.isEmpty, !tried.isEmpty, age >= Limits.sightingSettle { found += notCarried(symptoms) }
    return found
  }

  /// Devices that are connected over this machine's own networks, and that mDNS never showed.
  private static func notCarried(_ symptoms: Symptoms) -> [Verdict] {
    let unseen = symptoms.subjects.filter { peer in
      peer.isConnected && !peer.addresses.isEmpty && !peer.addresses.contains { $0.sources.contains(.mdns) }
        && peer.addresses.contains { $0.isNear }
    }
    guard !unseen.isEmpty else { return [] }
    let names = Set(unseen.map(\.name)).sorted().joined(separator: ", ")
    return [
      Verdict(
        .mdnsNotCarried, .note,
        "mDNS does not show \(names), though they are near and connected: the network carries no multicast between the "
          + "machines, or mDNS is off or blocked over there.",
        hint: "It works by remembered addresses, until one changes. Run the lines on the other machine, and have "
          + "“multicast filtering” or “IGMP snooping” switched off at the switch or access point.",
        remedies: Remedy.openMDNS())
    ]
  }

  private static var restart: Remedy {
    Remedy(tool: "Avahi", lines: ["sudo systemctl restart avahi-daemon"])
  }
}

extension Symptoms.Address {
  /// It lies in one of this machine's own networks.
  fileprivate var isNear: Bool {
    endpoint.isLinkLocal || facts.subnets.contains { $0.contains(endpoint) }
  }
}
