/// What is between this machine and another.
extension Diagnosis {
  static func device(_ peer: Symptoms.Peer, _ symptoms: Symptoms) -> [Verdict] {
    var found: [Verdict] = []
    if peer.isLive {
      if let verdict = live(peer, symptoms) { found.append(verdict.about(peer)) }
    } else {
      found.append(unreached(peer).about(peer))
    }
    if peer.isWithholding {
      found.append(
        Verdict(
          .withholding, .warning, "\(peer.whose) announces changes that it does not send.",
          hint: "They are asked of others. If it goes on, have a look at that machine: `bullpen verify` there says "
            + "whether its database is whole."
        ).about(peer))
    }
    return found
  }

  // MARK: - Who lives

  private static func live(_ peer: Symptoms.Peer, _ symptoms: Symptoms) -> Verdict? {
    if peer.isBack {
      return Verdict(
        .reachedAgain, .note, "\(peer.whose) was not connected, and answered just now.")
    }
    guard peer.isHeard else { return unheard(peer, symptoms) }
    let tried = peer.addresses.filter { $0.outcome != .notTried }
    if !peer.isConnected, let first = tried.first, !tried.contains(where: { $0.outcome == .reached }) {
      // A node that was killed a moment ago is not missed yet.
      let hasEnded =
        tried.allSatisfy { $0.outcome == .failed(.refused) } && (peer.datagramSilence ?? 0) > Limits.heartbeatInRoom
      if hasEnded { return unreached(peer) }
      return Verdict(
        .connectionsBlocked, .fault,
        "The datagrams of \(peer.whose) come, but no connection is made to \(first.endpoint): a firewall that lets UDP "
          + "through and drops TCP is suspected.",
        hint: "You see one another, but nothing that is written passes between you. Run the lines for its firewall on "
          + "that machine.", remedies: Remedy.openFirewall(port: first.endpoint.port))
    }
    return peer.isShown ? nil : offlineOrHidden(peer, symptoms)
  }

  /// It is connected, and none of its datagrams come. Whoever hides sends none either, so the words fit both.
  private static func unheard(_ peer: Symptoms.Peer, _ symptoms: Symptoms) -> Verdict {
    let othersAreHeard = symptoms.peers.contains { $0.device != peer.device && $0.isHeard }
    guard !othersAreHeard, symptoms.port != 0 else { return offlineOrHidden(peer, symptoms) }
    return Verdict(
      .datagramsBlocked, .fault,
      "\(peer.whose) is connected by TCP, but none of its datagrams are heard: a firewall that drops UDP is suspected, "
        + "unless \(peer.name) is offline or not visible to you.",
      hint: "Run the lines for the firewall on this machine; if nothing changes, on the other, with its port.",
      remedies: Remedy.openFirewall(port: symptoms.port))
  }

  private static func offlineOrHidden(_ peer: Symptoms.Peer, _ symptoms: Symptoms) -> Verdict {
    Verdict(
      .offlineOrHidden, symptoms.person == nil ? .note : .fault, "\(peer.name) is offline or not visible to you.",
      hint: "From here the two look the same. If neither is meant, ask \(peer.name) whom they show themselves to, "
        + "and whether a firewall over there keeps UDP from leaving.")
  }

  // MARK: - Who does not

  private static func unreached(_ peer: Symptoms.Peer) -> Verdict {
    let beginning = "\(peer.whose) is not reached. "
    guard !peer.addresses.isEmpty else {
      return Verdict(
        .noAddress, .fault,
        beginning + "No address of it is known: mDNS does not show it, none is remembered or was given by hand, and no "
          + "colleague has told one.",
        hint: "Is its node running, on the same network? `bullpen up --peer HOST:PORT` here names its address by hand.")
    }
    let judged = peer.addresses.map { judge($0) }
    // Never empty, as the addresses are not.
    let best = judged.enumerated().min { a, b in
      (rank(a.element.code), a.offset) < (rank(b.element.code), b.offset)
    }
    guard var verdict = best?.element else { return Verdict(.noAnswer, .fault, beginning) }
    verdict.detail = beginning + verdict.detail
    return verdict
  }

  /// What one address says. Why nobody answers is decided as in joining; what to do differs.
  private static func judge(_ address: Symptoms.Address) -> Verdict {
    let (endpoint, place) = (address.endpoint, address.endpoint.host)
    switch address.outcome {
    case .notTried:
      return Verdict(.noAnswer, .fault, "\(endpoint) was not tried.", hint: "Try again.")
    case .reached:
      return Verdict(
        .brokenOff, .fault, "It answers at \(endpoint), but the two did not come to know one another.",
        hint: "Try again. If it stays so, `bullpen logs` on both machines says more.")
    case .otherDevice:
      return Verdict(
        .otherDevice, .fault, "At \(endpoint) another device answers: the address has gone to somebody else.",
        hint:
          "Its new address is found by mDNS once its node runs; `bullpen up --peer HOST:PORT` here names it by hand.")
    case .failed(.otherVersion):
      return Verdict(
        .otherVersion, .fault, "Its node at \(place) speaks another version of the protocol.",
        hint: "Install the same version of Bullpen on both machines.")
    case .failed(.unknownWorkspace), .failed(.wasMember):
      return Verdict(
        .notRecognised, .fault, "Its node at \(place) does not take this device for one of the workspace.",
        hint: "It may have left the workspace, or have removed this device a moment ago. Ask there.")
    case .failed(.brokenOff):
      return Verdict(
        .brokenOff, .fault, "Its node at \(place) broke off while the two greeted one another.", hint: "Try again.")
    case .failed(let outcome):
      let cause = JoinDiagnosis(JoinAttempt(endpoint, .given, outcome, facts: address.facts))
      return Verdict(
        code(cause.cause), .fault, cause.detail, hint: hint(cause), remedies: cause.remedies)
    }
  }

  private static func code(_ cause: JoinDiagnosis.Cause) -> Verdict.Code {
    switch cause {
    case .noNetwork: .noNetwork
    case .firewall: .firewall
    case .clientIsolation: .clientIsolation
    case .asleepOrIsolated: .asleepOrIsolated
    case .nodeNotRunning: .nodeNotRunning
    case .otherSubnet: .otherSubnet
    case .notBullpen: .notBullpen
    case .thisMachine: .otherDevice
    case .otherVersion: .otherVersion
    case .brokenOff: .brokenOff
    case .otherWorkspace: .notRecognised
    case .noAnswer, .nobodySeen, .clock, .inviteSpent, .inviteExpired, .inviteUnknown, .notAdmitter, .wasMember:
      .noAnswer
    }
  }

  private static func hint(_ cause: JoinDiagnosis) -> String {
    switch cause.cause {
    case .nodeNotRunning:
      "Run `bullpen up` on that machine. If it runs already, its port has changed: mDNS finds it again, or `bullpen up "
        + "--peer HOST:PORT` here."
    case .notBullpen:
      "Another program has that port there now. Run `bullpen up` on that machine: it takes another and announces it."
    default: cause.hint
    }
  }

  /// The lower, the more it tells about the machine that is looked for.
  private static func rank(_ code: Verdict.Code) -> Int {
    switch code {
    case .otherVersion, .notRecognised: 0
    case .brokenOff: 1
    case .firewall: 2
    case .clientIsolation: 3
    case .nodeNotRunning: 4
    case .asleepOrIsolated: 5
    case .notBullpen: 6
    case .noAnswer: 7
    case .noNetwork: 8
    case .otherSubnet: 9
    case .otherDevice: 10
    default: 11
    }
  }
}

extension Symptoms.Peer {
  /// "Bob Underwood's device 0e1d2c3b"
  var whose: String { "\(name)'s device \(device.short)" }
}
