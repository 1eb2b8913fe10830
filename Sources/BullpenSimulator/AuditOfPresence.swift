import BullpenCore

// What must be true of everything that tells of a person, whoever opens it.
extension Simulation {
  /// - Parameter body: what is in the datagram, once it is opened.
  func audit(_ node: SimulatedNode, tells device: DeviceID, _ body: DatagramBody) {
    guard let machine = node.run?.machine else { return }
    let membership = machine.membership
    if membership.isCut(device) {
      findings.append("\(node.name) shows its presence to a device that it knows to be out")
    }
    guard let me = membership.device(node.device), let other = membership.device(device), me.member != other.member
    else { return }
    // The one word that may be said to who may hear no longer.
    if case .goodbye = body { return }
    if !node.lets(device) {
      findings.append("\(node.name) speaks to a device whose person may not hear of \(node.name)'s")
    }
    findings += excess(of: body, beyond: node.privacy).map { "\(node.name) \($0)" }
  }

  /// What a body says to others that its person keeps from everybody.
  private func excess(of body: DatagramBody, beyond privacy: Privacy) -> [String] {
    let settings = privacy.settings
    var found: [String] = []
    switch body {
    case .presence(let update):
      let shown = update.presence
      if !settings.showsPage, !shown.rooms.isEmpty || shown.page != nil || shown.pageTurn != 0 {
        found.append("shows where its person is, who hides it")
      }
      if shown.typing != nil && !(settings.showsPage && settings.showsActivity)
        || shown.status == .idle && !settings.showsActivity
      {
        found.append("shows what its person does, who hides it")
      }
      let most: Hearsay =
        switch privacy.level {
        case .everyone: .everyone
        case .team: .team
        case .contacts, .nobody: .nobody
        }
      if update.hearsay.rawValue > most.rawValue { found.append("lets others tell more people than may hear") }
    case .cursor where !settings.showsPage: found.append("shows where its person points, who hides it")
    case .acknowledge, .probe, .probeAnswer, .cursor, .goodbye, .cursorClear: break
    }
    return found
  }

  /// A node asks a third, or answers it: nobody learns so of somebody who does not let them.
  func audit(_ message: PeerMessage, from node: SimulatedNode, telling device: DeviceID) {
    guard let run = node.run, let asker = run.machine.membership.device(device) else { return }
    // Two machines with one device's key may want different things.
    guard !plan.faults.contains(where: { if case .copy = $0.fault { true } else { false } }) else { return }
    func isOwn(_ target: DeviceID) -> Bool { run.machine.membership.device(target)?.member == asker.member }
    switch message {
    case .vouch(let query):
      guard !isOwn(query.device), run.words.admits(asker.role, to: query.device) == false,
        run.machine.peerStates(at: node.instant).contains(where: { $0.device == query.device && $0.isHere })
      else { return }
      findings.append("\(node.name) betrays by a question that somebody was here, who does not let it")
    case .vouchAnswer(let answer):
      guard answer.silence != nil || answer.sighting != nil, !isOwn(answer.device) else { return }
      if run.words.admits(asker.role, to: answer.device) != true {
        findings.append("\(node.name) tells of somebody who does not let it")
      }
      if let sighting = answer.sighting { audit(sighting, of: answer.device, told: asker.role, by: node) }
    default: break
    }
  }

  private func audit(_ sighting: ToldSighting, of device: DeviceID, told asker: Role, by node: SimulatedNode) {
    // By a clock that was set nobody can say which word was newer, or when it was said.
    guard let words = node.run?.words,
      !plan.faults.contains(where: { if case .setClock = $0.fault { true } else { false } })
    else { return }
    if !words.show(sighting, of: device, to: asker) {
      findings.append("\(node.name) tells what somebody did, who showed it to fewer")
    }
    if !words.admits(asker, to: device, all: sighting, at: node.instant) {
      findings.append("\(node.name) tells that somebody was here at a time when they let fewer know")
    }
  }
}
