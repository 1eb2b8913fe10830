import BullpenCore
import BullpenCrypto

// Cables, switches and what goes wrong with them.
extension Simulation {
  func latency() -> Int64 { random.between(isCalm ? 1...3 : plan.latency) }

  func diskDelay(_ random: inout SeededRandomness) -> Int64 { random.between(isCalm ? 0...1 : plan.diskDelay) }

  func reaches(_ a: SimulatedNode, _ b: SimulatedNode) -> Bool {
    sides[a.index] == sides[b.index] && !a.isAsleep && !b.isAsleep
  }

  // MARK: - Connections

  func dial(
    _ dial: DialID, _ endpoints: [Endpoint], _ expecting: DeviceID?, _ node: SimulatedNode, _ run: NodeRun
  ) {
    guard let other = endpoints.lazy.compactMap({ [places] in places[$0] }).first.map({ machines[$0] }) else {
      return node.later(latency(), run) { $0.handle(.dialEnded(dial, failure: "no way there")) }
    }
    // There and back again: a TLS handshake takes two round trips.
    node.later(4 * latency(), run) { [unowned self] node in
      guard reaches(node, other) else {
        return node.later(Limits.dialTimeout, run) { $0.handle(.dialEnded(dial, failure: "no answer")) }
      }
      guard other.run != nil, other !== node else {
        return node.handle(.dialEnded(dial, failure: "nothing listens there"))
      }
      guard expecting == nil || expecting == other.device else {
        return node.handle(.dialEnded(dial, failure: "another device answers there"))
      }
      let greeting = Greeting(
        .meet(run.machine.id), own: node.device, peer: other.device, nonce: Nonce(Bytes32(using: &node.random)))
      connect(node, other, greeting)
      node.handle(.dialEnded(dial, failure: nil))
    }
  }

  /// - Returns: the dialer's side.
  @discardableResult
  func connect(_ node: SimulatedNode, _ other: SimulatedNode, _ greeting: Greeting) -> LinkEnd {
    let answer = Greeting(
      .answer, own: other.device, peer: node.device, nonce: Nonce(Bytes32(using: &other.random)))
    let dialer = LinkEnd(node, isOutbound: true, .greeting(greeting))
    let listener = LinkEnd(other, isOutbound: false, .greeting(answer))
    dialer.other = listener
    listener.other = dialer
    links += [dialer, listener]
    trace.note(now, node.name, "reaches \(other.name)")
    node.opened(dialer)
    other.opened(listener)
    return dialer
  }

  // MARK: - Datagrams

  func send(_ datagram: [UInt8], from node: SimulatedNode, to endpoint: Endpoint) {
    guard places[endpoint] != nil else { return }
    traffic.datagrams += datagram.count
    guard isCalm || !random.chance(plan.loss) else { return }
    let copies = !isCalm && random.chance(plan.duplicates) ? 2 : 1
    for _ in 0..<copies {
      let isLate = !isCalm && random.chance(plan.late)
      deliver(datagram, from: node, to: endpoint, after: latency() + (isLate ? random.between(50...2_000) : 0))
    }
  }

  /// - Parameter delay: in milliseconds.
  func deliver(_ datagram: [UInt8], from node: SimulatedNode, to endpoint: Endpoint, after delay: Int64) {
    guard let other = places[endpoint].map({ machines[$0] }) else { return }
    queue.add(at: now + delay) { [unowned self] in
      guard reaches(node, other), let run = other.run,
        let (device, body) = run.datagrams.open(datagram, from: node.endpoint, at: other.instant)
      else { return }
      recording?.note(datagram, from: device, to: endpoint)
      run.words.note(body, from: device, at: other.instant)
      trace.note(now, other.name, "is told by \(node.name)", datagram)
      other.handle(.datagram(device, body, from: node.endpoint))
    }
  }

  // MARK: - Discovery

  /// mDNS: whoever reaches the node sees it, and it sees them.
  func announce(_ node: SimulatedNode) {
    for other in machines where other !== node {
      queue.add(at: now + random.between(10...300)) { [unowned self] in
        guard node.isUp, other.isUp, reaches(node, other) else { return }
        node.handle(.hint(other.device, [other.endpoint], .mdns))
        other.handle(.hint(node.device, [node.endpoint], .mdns))
      }
    }
  }

  // MARK: - Faults

  /// Something goes wrong, or right again.
  public func bring(_ fault: FaultPlan.Fault) {
    trace.note(now, "all", "\(fault)")
    if let index = fault.keepingBack { keptBack.insert(index) }
    if let index = fault.branching { hadBranches.insert(index) }
    switch fault {
    case .split(let side): for index in side { sides[index] += 1_000 }
    case .unplug(let index): sides[index] = 1 + index
    case .heal:
      let unplugged = machines.filter { sides[$0.index] % 1_000 == 1 + $0.index }
      sides = Array(repeating: 0, count: machines.count)
      resumeLinks()
      for node in unplugged where node.isUp {
        node.handle(.linksChanged)
        announce(node)
      }
    case .crash(let index): if !nodes[index].isAsleep { nodes[index].crash(isSilent: random.chance(500)) }
    case .start(let index): nodes[index].start()
    case .stop(let index): if nodes[index].isUp { nodes[index].stop() }
    case .suspend(let index): nodes[index].suspend()
    case .wake(let index):
      nodes[index].wake()
      resumeLinks()
      announce(nodes[index])
    case .cut(let a, let b):
      for end in links where end.isOpen && end.node.index == a && end.other?.node.index == b { close(end) }
    case .setClock(let index, let ahead): nodes[index].setClock(ahead: ahead)
    case .takeImage(let index): nodes[index].takeImage()
    case .putBack(let index): nodes[index].putBack()
    case .backUp(let index): nodes[index].backUp()
    case .restore(let index): nodes[index].restore()
    case .forge(let index, let victim): forge(index, as: victim)
    case .fill(let index): nodes[index].disk?.isFull = true
    case .clear(let index): nodes[index].disk?.isFull = false
    case .flood(let index, let writes): flood(index, writes: writes)
    case .damage(let index, let luck): nodes[index].spoil(Spoiling(luck: luck))
    case .mend(let index): nodes[index].mend()
    case .copy(let index): copy(nodes[index])
    case .endCopy(let index): endCopies(of: nodes[index])
    case .withhold(let index): nodes[index].lie = .withholding
    case .boast(let index, let more): nodes[index].lie = .boasting(more)
    case .hollow(let index): nodes[index].lie = .hollowing
    case .garble(let index): nodes[index].lie = .garbling
    case .beHonest(let index): nodes[index].becomeHonest()
    case .upgrade(let index): nodes[index].upgrade()
    case .holiday(let days): standStill(days)
    case .invite(let guests, let index, let uses, let lifetime):
      invite(guests, by: index, uses: uses, lifetime: lifetime)
    case .arrive(let index): arrive(nodes[index])
    case .link(let index, let person): link(nodes[index], to: nodes[person])
    case .slow(let index, let bytes): nodes[index].bandwidth = bytes
    case .quick(let index): quicken(nodes[index])
    case .equivocate(let index, let luck): equivocate(index, luck: luck)
    case .defy(let index): nodes[index].lie = .defying
    case .foretell(let index, let ahead): foretell(index, ahead: ahead)
    case .move(let index, let luck): move(index, luck: luck)
    case .useUp(let index): useUp(index)
    case .replay(let index):
      nodes[index].lie = .replaying
      replay(index)
    case .backdate(let index, let luck): backdate(index, luck: luck)
    }
  }

  /// The network is whole and quick, every machine is awake and every process runs, the newest version of an honest program; and
  /// people have been told of clocks that are far off, of disks that are full or spoilt and of homes that run twice,
  /// and have put them right.
  func heal() {
    isCalm = true
    bring(.heal)
    for node in nodes where node.bandwidth != nil { bring(.quick(node.index)) }
    for node in nodes where node.isFarOff { bring(.setClock(node.index, 0)) }
    for index in nodes.indices {
      for fault: FaultPlan.Fault in [.endCopy(index), .clear(index)] { bring(fault) }
      if nodes[index].isAsleep { bring(.wake(index)) }
      for fault: FaultPlan.Fault in [.beHonest(index), .mend(index), .upgrade(index), .start(index)] { bring(fault) }
    }
  }
}
