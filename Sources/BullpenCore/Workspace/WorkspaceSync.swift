/// Statements, heads and segments: what connections carry, and what the disk answers.
extension Workspace {
  mutating func received(_ message: PeerMessage, on connection: ConnectionID, at now: Instant) -> [Effect] {
    guard var session = sessions[connection] else { return [] }
    session.heard(at: now)
    sessions[connection] = session
    let peer = session.peer
    var effects = presenceEffects(presence.heard(peer, at: now), at: now)
    switch message {
    case .statements(let exchange) where exchange.statements.isEmpty:
      let replies = session.missing(exchange, from: membership)
      sessions[connection] = session
      effects += replies.map { .send(connection, $0) }
    case .statements(let exchange):
      let proved = unknown(among: exchange.statements.prefix(Limits.statementChunk))
        .compactMap(prover.prove).filter { $0.value.statement.workspace == id }
      if !proved.isEmpty, !isStalled { effects.append(.admit(proved, wall: corrected(now))) }
    case .have(let have): effects += compare(have, on: connection, at: now)
    case .announce(let heads): effects += offered(heads, on: connection, after: Limits.pullDelay, at: now)
    case .want(let want):
      // A range of a log that is not here would leave a trace and bring nothing.
      session.serve(want.ranges.filter { heads[$0.log].sequence >= $0.first })
      sessions[connection] = session
      effects += readNext(connection)
    case .segments(let batch):
      session.received(batch.segments, isStalled: isStalled)
      sessions[connection] = session
      guard !session.isOverdrawn else { return effects + [.close(connection)] + closed(connection, at: now) }
      // What the disk would not take is asked for again later.
      if !isStalled {
        effects.append(
          .apply(
            connection, batch.segments, wall: corrected(now), certain: clock.certain(at: now),
            isAwaited: batch.segments.allSatisfy { plan.awaits($0, of: connection) }))
      }
    case .acknowledge(let acknowledgement):
      session.acknowledged(acknowledgement)
      sessions[connection] = session
      // Of a log with branches all heads are named: one of them may be what was lost here.
      let forked = LogHead.byLog(acknowledgement.heads).filter { $0.heads.count > 1 }.map(\.log)
      if !forked.isEmpty {
        effects += offered(
          acknowledgement.heads.filter { forked.contains($0.log) }, on: connection, after: 0, at: now)
      }
      effects += readNext(connection)
    case .datagramSession(let theirs): effects += meetByDatagram(theirs, session, at: now)
    case .ping(let nonce): effects.append(.send(connection, .pong(Pong(nonce: nonce, wall: now.wall))))
    case .pong(let pong):
      minding(clockAt: now) { $0.sample(peer, wall: pong.wall, sentAt: Int64(bitPattern: pong.nonce), at: now) }
    case .vouch(let query):
      let silence = presence.silence(of: query.device, for: peer, at: now)
      let sighting = presence.sighting(of: query.device, for: peer, at: now)
      effects.append(
        .send(connection, .vouchAnswer(VouchAnswer(device: query.device, silence: silence, sighting: sighting))))
    case .vouchAnswer(let answer):
      effects += presenceEffects(presence.vouched(answer, by: peer, at: now), at: now)
    case .addresses(let addresses):
      // A device that is not known yet may be so in a moment: its credential is on its way, or to the disk. It is
      // not dialed before that, and made-up ones leave room for those of members.
      for told in addresses.prefix(Limits.addressesTold)
      where membership.device(told.device) != nil || self.addresses.records.count < Limits.peers {
        named(told.device, told.endpoints, .exchange, at: now)
      }
    case .goodbye:
      effects += presenceEffects(presence.left(peer, at: now), at: now)
      effects += [.close(connection)] + closed(connection, at: now)
    case .hello, .recognise, .introduce, .ground, .join, .refuse:
      // The greeting is over: a peer that goes on with it has lost its place.
      effects += [.close(connection)] + closed(connection, at: now)
    }
    return effects
  }

  // MARK: - Membership

  /// What is known is not proved once more: that costs a signature each.
  private func unknown(among statements: some Sequence<SignedStatement>) -> [SignedStatement] {
    var news = Set(statements)
    for known in membership.statements where !news.isEmpty { news.remove(known.value.signed) }
    return statements.filter(news.contains)
  }

  mutating func reevaluate(adding statements: [Verified<ProvedStatement>], dropping dropped: Set<StatementID> = []) {
    let kept = (membership.statements + statements).filter { !dropped.contains($0.value.id) }
    membership = Membership.evaluate(kept, in: id, prover: prover)
    membershipSettled()
  }

  /// Whether another device of this one's member was cut, so that there may be something to do for the keys.
  var hasLostDevice: Bool {
    membership.device(own).map { !membership.lostDevices(of: $0.member).isEmpty } ?? false
  }

  /// Whether this device may hear of others.
  private var isOfTeam: Bool { (membership.device(own)?.role ?? .guest) > .guest }

  /// New statements are on disk: everybody else should know, and whoever was cut is shown the door. What the disk does
  /// not keep counts no longer, though a greeting went by it.
  mutating func admitted(
    _ statements: [Verified<ProvedStatement>], dropped: [StatementID], _ rows: [String: [RowKey]], at now: Instant
  ) -> [Effect] {
    let gone = Set(dropped.filter { membership.statement($0) != nil })
    guard !statements.isEmpty || !gone.isEmpty else { return publications(rows) }
    let wasOfTeam = isOfTeam
    let known = presence.peers.keys.sorted()
    reevaluate(adding: statements, dropping: gone)
    let pushes = SyncSession.push(statements.map(\.value.signed))
    var effects: [Effect] = isOfTeam == wasOfTeam ? [] : shown(at: now).map { .publish(.presence($0)) }
    // Most of a large office has no connection to us, and yet hears us by datagram.
    let connected = connectedDevices
    for device in known where membership.device(device) == nil {
      shortfalls.forget(device)
      clock.forget(device)
      if !connected.contains(device) { effects.append(.forgetDatagrams(device)) }
    }
    for session in sessions.values.sorted(by: { $0.connection < $1.connection }) {
      if membership.device(session.peer) == nil || !mayMeet {
        // The last that it hears is why.
        let why = SyncSession.push(membership.evidence(against: session.peer).map(\.signed))
        effects += why.map { .send(session.connection, $0) }
        effects += [.close(session.connection), .forgetDatagrams(session.peer)]
        effects += closed(session.connection, at: now)
      } else {
        effects += pushes.map { .send(session.connection, $0) }
      }
    }
    if membership.keyDuty(of: own) != nil { effects.append(.keepKeys(wall: corrected(now))) }
    return effects + [.publish(.members)] + publications(rows)
  }

  // MARK: - Heads

  private mutating func compare(_ have: Have, on connection: ConnectionID, at now: Instant) -> [Effect] {
    guard var session = sessions[connection] else { return [] }
    let isSame = session.matched(have.digest, headsDigest, heads)
    sessions[connection] = session
    if isSame { return [] }
    guard let theirs = have.heads else {
      // The hashes differ: show everything once.
      return SyncSession.list(headsDigest, heads).map { .send(connection, $0) }
    }
    session.compared(theirs)
    sessions[connection] = session
    var effects = offered(theirs, on: connection, after: 0, at: now)
    effects += announce(on: connection)
    return effects
  }

  private mutating func offered(
    _ theirs: [LogHead], on connection: ConnectionID, after delay: Int64, at now: Instant
  ) -> [Effect] {
    guard var session = sessions[connection] else { return [] }
    session.note(theirs)
    sessions[connection] = session
    var strange: [LogHead] = []
    for (log, told) in LogHead.byLog(theirs) {
      let ours = heads.all(of: log)
      let lacking = told.filter { !ours.contains($0) }
      plan.keep(branches: lacking, of: log, by: connection)
      let (reached, asked) = (heads[log].sequence, plan.branches(of: log))
      let further = lacking.filter { $0.sequence > reached && !asked.contains($0) }.max()
      if let further {
        // Our own log further on at a peer than here: this disk was set back. What is missing is ours to recover.
        let moment = log.device == own ? now.boot : now.boot + delay
        plan.offer(log, through: further.sequence, digest: further.digest, by: connection, notBefore: moment)
      }
      // Where neither side has branches and the peer is behind, it is on the way to where we stand; if not, it finds out
      // when it asks for what follows.
      strange += lacking.filter { head in
        head != further && (told.count > 1 || ours.count > 1 || head.sequence >= reached)
      }.prefix(Limits.branches).map { LogHead(log: log, head: $0) }
    }
    guard !strange.isEmpty, sessions[connection]?.beginSearch() == true else { return [] }
    return [.find(strange, of: connection)]
  }

  /// The disk has looked for heads that a peer told of, or that others were asked for: what is on no branch that is here
  /// is lacking.
  mutating func found(_ lacking: [LogHead], _ held: [LogHead], of connection: ConnectionID?) -> [Effect] {
    for (log, heads) in LogHead.byLog(held) { plan.settled(heads, of: log) }
    guard let connection, sessions[connection] != nil else { return [] }
    sessions[connection]?.endSearch()
    for (log, lacking) in LogHead.byLog(lacking) {
      let ours = heads.all(of: log)
      plan.offer(branches: lacking.filter { !ours.contains($0) }, of: log, by: connection)
    }
    return []
  }

  private mutating func announce(on connection: ConnectionID) -> [Effect] {
    guard var session = sessions[connection] else { return [] }
    let news = session.news(heads)
    sessions[connection] = session
    return news.map { .send(connection, .announce($0)) }
  }

  private mutating func advance(_ advanced: [LogHead]) -> [Effect] {
    var sought: [LogHead] = []
    for (log, new) in LogHead.byLog(advanced) where heads.all(of: log) != new {
      heads.set(new, of: log)
      plan.advanced(log, to: heads[log].sequence)
      // A branch that was asked for may be here now, under a head that goes beyond.
      plan.settled(new, of: log)
      sought += plan.branches(of: log).map { LogHead(log: log, head: $0) }
    }
    headsDigest = prover.digest(of: heads)
    presence.headsChanged(headsHash)
    return sought.isEmpty ? [] : [.find(sought, of: nil)]
  }

  /// The first eight bytes of the hash of all heads, as heartbeats carry it.
  var headsHash: UInt64 { UInt64(bigEndianBytes: headsDigest.bytes.prefix(8)) ?? 0 }

  // MARK: - What the disk answers

  mutating func committed(
    _ request: RequestID, _ result: Result<CommitOutcome, CommitFailure>, at now: Instant
  ) -> [Effect] {
    var effects: [Effect] = pending.remove(request) == nil ? [] : [.answer(request, result)]
    guard case .success(let outcome) = result else { return effects }
    let isNew = outcome.heads.filter { heads[$0.log].sequence == 0 }.map(\.log)
    effects += advance(outcome.heads)
    if let statement = outcome.statement {
      effects += admitted([statement], dropped: outcome.dropped, [:], at: now)
    }
    for connection in sessions.keys.sorted() {
      for head in outcome.heads {
        sessions[connection]?.push(head.log, through: head.head, isNew: isNew.contains(head.log))
      }
      effects += readNext(connection)
    }
    return effects + publications(outcome.rows)
  }

  mutating func applied(_ outcome: ApplyOutcome, from connection: ConnectionID?, at now: Instant) -> [Effect] {
    if let session = connection.flatMap({ sessions[$0] }) {
      let delivered = session.arriving.filter { log, _ in !outcome.rejected.contains { $0.log == log } }
      plan.delivered(delivered, by: session.connection, at: now)
      shortfalls.delivered(session.peer, delivered)
    }
    var effects = advance(outcome.heads)
    // Statements that came without a connection's segments may be what the disk did not take.
    if outcome.rejected.contains(where: { $0.reason == .storage }) { diskStalled(at: now) }
    if let connection {
      for (log, reason) in outcome.rejected { effects += rejected(log, reason, by: connection, at: now) }
      for departure in outcome.departed { plan.departed(departure, by: connection, at: now) }
    }
    let isStalled = isStalled
    if let connection, let message = sessions[connection]?.applied(outcome.heads, isStalled: isStalled) {
      effects.append(.send(connection, message))
    }
    if !outcome.statements.isEmpty || !outcome.dropped.isEmpty {
      effects += admitted(outcome.statements, dropped: outcome.dropped, [:], at: now)
    }
    // Relays announce, and whoever did not get it from the author pulls.
    for other in sessions.keys.sorted() where other != connection { effects += announce(on: other) }
    return effects + publications(outcome.rows)
  }

  private mutating func rejected(
    _ log: LogID, _ reason: SegmentRejection, by connection: ConnectionID, at now: Instant
  ) -> [Effect] {
    switch reason {
    case .departed: return []
    case .gap:
      // What is left of a range whose beginning departs from what is here: it is being asked for from further back.
      if plan.hasBranch(of: log, by: connection) { return [] }
      plan.gapped(log, by: connection)
      // A push overtook what comes before it: ask for all of it, unless that is asked for, or was refused, already.
      let last = sessions[connection]?.peerHeads[log] ?? 0
      plan.offer(log, through: last, by: connection, notBefore: now.boot)
      return []
    case .unknownDevice:
      guard var session = sessions[connection] else { return [] }
      let (messages, pause) = session.ask(membership, headsDigest, heads, at: now)
      sessions[connection] = session
      plan.refused(log, by: connection, for: pause, at: now)
      return messages.map { .send(connection, $0) }
    case .storage:
      // No fault of the peer's, which is asked again when the disk takes something.
      plan.refused(log, by: connection, for: 0, at: now)
      return []
    case .unproved:
      // Whoever has a log has proved it. A peer that sends something else falls short of what it announced.
      if let session = sessions[connection] {
        shortfalls.fell(short: session.peer, of: log, through: session.peerHeads[log] ?? 0, at: now)
      }
      plan.refused(log, by: connection, at: now)
      return []
    case .fork, .hole, .malformed:
      plan.refused(log, by: connection, at: now)
      return []
    }
  }

  // MARK: - Sending and asking

  mutating func readNext(_ connection: ConnectionID) -> [Effect] {
    guard let next = sessions[connection]?.nextRead() else { return [] }
    return [.read(connection, next.range, bytes: next.bytes)]
  }

  mutating func send(_ segments: [Segment], on connection: ConnectionID) -> [Effect] {
    guard var session = sessions[connection] else { return [] }
    let messages = session.send(segments)
    sessions[connection] = session
    return messages.map { .send(connection, $0) } + readNext(connection)
  }

  mutating func pull(at now: Instant) -> [Effect] {
    guard !isStalled else { return [] }
    let sessions = sessions
    let lapses = plan.lapse(at: now) { log, connection, sequence in
      sessions[connection]?.hasArrived(log, beyond: sequence) ?? false
    }
    for lapse in lapses {
      guard let session = sessions[lapse.connection] else { continue }
      // What a passing log begins with may be dead by the peer's clock and not by ours. It is asked for again, and until
      // the clocks say the same nobody knows whether it is kept back.
      if lapse.hasGap, lapse.log.kind == .passing, !clock.agrees(with: session.peer) { continue }
      // A machine that sleeps sends nothing; one that speaks meanwhile could have.
      let heard = max(session.lastHeard, presence.peers[session.peer]?.liveness.lastHeard ?? 0)
      guard now.boot - heard < Limits.suspicion else { continue }
      shortfalls.fell(short: session.peer, of: lapse.log, through: lapse.last, at: now)
    }
    return plan.wants(heads, at: now).map { .send($0.0, .want(Want(ranges: $0.1))) }
  }

  func publications(_ rows: [String: [RowKey]]) -> [Effect] {
    rows.sorted { $0.key < $1.key }.map { .publish(.rows(table: $0.key, keys: $0.value.sorted())) }
  }
}
