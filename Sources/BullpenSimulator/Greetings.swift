import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenWire

// Connections before and after their greeting.
extension SimulatedNode {
  func say(_ message: PeerMessage, on end: LinkEnd) {
    guard end.isOpen else { return }
    if case .workspace = end.stage { simulation.recording?.note(message, at: index) }
    simulation.send(.frame(Frame.encode(PeerMessageCodec.encode(message))), from: end)
  }

  /// A new connection has this side.
  func opened(_ end: LinkEnd) {
    guard case .greeting(let greeting) = end.stage else { return }
    carryOut(greeting.start(), on: end)
    guard let run = end.run else { return }
    run.ends[end.id] = end
    later(Limits.handshake, run) { node in
      if case .greeting = end.stage { node.simulation.close(end) }
    }
  }

  func heard(_ bytes: [UInt8], on end: LinkEnd) {
    end.reader.append(bytes)
    do {
      while end.isOpen, let body = try end.reader.next() { hear(try PeerMessageCodec.decode(body), on: end) }
    } catch {
      simulation.findings.append("\(name) cannot read what \(end.other?.node.name ?? "") wrote: \(error)")
      simulation.close(end)
    }
  }

  private func hear(_ message: PeerMessage, on end: LinkEnd) {
    guard case .greeting(var greeting) = end.stage else {
      simulation.recording?.note(message, at: index)
      return handle(.received(end.id, message))
    }
    let known = end.run.map { [$0.machine.id: $0.greeted] } ?? [:]
    let links = end.run.map { [$0.machine.id: $0.links] } ?? [:]
    let corrected = self.corrected
    let effects = greeting.receive(
      message, in: known, links: links, prover: simulation.prover, wall: { _ in corrected })
    end.stage = .greeting(greeting)
    carryOut(effects, on: end)
  }

  private func carryOut(_ effects: [GreetingEffect], on end: LinkEnd) {
    for effect in effects {
      switch effect {
      case .send(let message): say(message, on: end)
      case .close: simulation.close(end)
      case .refused(let refusal, _):
        if end.run != nil, let other = end.other { simulation.judge(refusal, of: other, at: self) }
      case .joined(let workspace, let statements):
        door = end.other?.node
        joined(workspace, statements)
        start()
      case .met(_, let statements):
        guard let other = end.other?.node else { continue }
        end.stage = .workspace
        handle(.met(end.id, other.device, other.endpoint, isOutbound: end.isOutbound, statements))
      case .link(_, let device, let code, let consent, let key):
        link(device, by: code, consent: consent, sealTo: key, on: end)
      case .linked(let workspace, let statements, let sealed):
        door = end.other?.node
        linked(workspace, statements, sealed: sealed)
      case .expelled(_, let statements): handle(.expelled(statements))
      case .admit(_, let credential, _): admit(credential, on: end)
      }
    }
  }

  private func admit(_ credential: Credential, on end: LinkEnd) {
    guard let run = end.run, let invite = credential.invite?.invite,
      run.machine.membership.isOpen(invite, besides: run.admitting[invite] ?? 0)
    else { return answer(end) { $0.notAdmitted(.unknown) } }
    run.admitting[invite, default: 0] += 1
    claim(.credential(credential)) { [weak self] result in
      run.admitting[invite]? -= 1
      guard let self else { return }
      if case .success = result {
        answer(end) { $0.admitted(run.machine.membership.chain(to: credential.device).map(\.signed)) }
      } else {
        answer(end) { $0.notAdmitted(.unknown) }
      }
    }
  }

  /// Goes on with a greeting that has waited.
  func answer(_ end: LinkEnd, _ step: (inout Greeting) -> [GreetingEffect]) {
    guard case .greeting(var greeting) = end.stage else { return }
    let effects = step(&greeting)
    end.stage = .greeting(greeting)
    carryOut(effects, on: end)
  }

  // MARK: - Becoming a member

  func found(_ workspace: String) throws {
    let store = try Store.found(
      at: location, author: author, workspace: workspace, memberName: name, surroundings: Self.here,
      prover: simulation.prover, random: random.fork(), wall: instant.wall, tables: tables)
    install(store, isNamed: true)
  }

  func join(_ request: Greeting.JoinRequest, through other: SimulatedNode) {
    let greeting = Greeting(
      .join(request), own: device, peer: other.device, nonce: Nonce(Bytes32(using: &random)))
    simulation.connect(self, other, greeting).invite = request.secret.invite
  }

  /// The greeting has ended well, or another device of the same member has said so.
  ///
  /// - Parameter isFurther: the device belongs to a person who has a name.
  func joined(_ workspace: WorkspaceID, _ statements: [Verified<ProvedStatement>], isFurther: Bool = false) {
    guard store == nil else { return }
    do {
      let store = try Store.join(
        at: location, author: author, workspace: workspace, statements: statements,
        memberName: isFurther ? nil : name, surroundings: Self.here, prover: simulation.prover, random: random.fork(),
        wall: instant.wall, tables: tables)
      install(store, isNamed: !isFurther)
    } catch {
      simulation.findings.append("\(name) cannot join: \(error)")
    }
  }

  private func install(_ store: Store, isNamed: Bool) {
    member = store.member
    if let member, isNamed {
      simulation.ledger.asked(RowDraft(Tables.members, .member(member), cells: ["display_name": .text(name)]))
    }
    use(store)
  }

  func use(_ store: Store) {
    self.store = store
    let isFull = disk?.isFull ?? false
    disk = FailingDisk(simulation.wrap(StoreDisk(store)), random.fork())
    disk?.failures = simulation.isCalm ? 0 : simulation.plan.diskFailures
    disk?.isFull = isFull
  }

  /// What is in the node's file, as a process finds it when it starts.
  func reopen() throws {
    use(
      try Store.open(
        at: location, author: author, surroundings: Self.here, prover: simulation.prover, random: random.fork(),
        wall: instant.wall, tables: tables))
  }

  static let here = Surroundings(machine: "one")
}
