/// Whoever was just met may have seen those who left before we came.
extension Workspace {
  /// Asks once on each connection, a while after it began: whoever is here has been met by then, and need not be asked
  /// about.
  mutating func inquire(at now: Instant) -> [Effect] {
    var effects: [Effect] = []
    for session in sessions.values.sorted(by: { $0.connection < $1.connection }) {
      guard let due = session.inquiry, due <= now.boot else { continue }
      sessions[session.connection]?.inquiry = nil
      let missed = presence.missed(besides: session.peer)
      effects += missed.map { .send(session.connection, .vouch(VouchQuery(device: $0))) }
    }
    return effects
  }

  var nextInquiry: Int64? { sessions.values.compactMap(\.inquiry).min() }
}
