/// Which connections are kept where there are more peers than a handful.
extension Workspace {
  /// Looks anew who is chosen, and ends what nobody needs.
  mutating func tendMesh(at now: Instant) -> [Effect] {
    mesh.update(presence.met, own: own, using: &random, at: now)
    dialCheck = now.boot
    guard mesh.isPartial, !isStopping else { return [] }
    let spare = sessions.values.filter { isSpare($0, at: now) }.sorted { $0.connection < $1.connection }
    var effects: [Effect] = []
    // Whose the connection is says who dialed it; another's is ended only where there are too many.
    for session in spare where session.isOutbound { effects += letGo(session) }
    let inbound = sessions.values.count { !$0.isOutbound && now.boot - $0.since >= Limits.acquaintance }
    let excess = max(inbound - Limits.meshInbound, 0)
    for session in spare.filter({ !$0.isOutbound }).suffix(excess) { effects += letGo(session) }
    return effects
  }

  /// Whether a connection has done what it is for: the two have met, hear one another by datagram, and nothing is
  /// under way.
  private func isSpare(_ session: SyncSession, at now: Instant) -> Bool {
    !mesh.chosen.contains(session.peer) && presence.isMet(session.peer) && session.hasCompared && session.isIdle
      && now.boot - session.since >= Limits.acquaintance && !plan.hasAsked(session.connection)
  }

  /// Ends a connection on purpose: the peer is as much here as before.
  mutating func letGo(_ session: SyncSession) -> [Effect] {
    _ = drop(session.connection)
    return [.close(session.connection), .publish(.connections)]
  }

  /// Whether the mesh does without a connection to a device that is here, and answers when it is asked.
  func isSpared(_ device: DeviceID) -> Bool {
    mesh.isPartial && !mesh.chosen.contains(device) && presence.isMet(device) && !presence.isUnanswered(device)
  }

  /// The next look, on the boot clock; nil while everybody is connected to everybody.
  var nextMeshCheck: Int64? { mesh.isPartial || sessions.count > Limits.meshWhole ? meshCheck : nil }
}
