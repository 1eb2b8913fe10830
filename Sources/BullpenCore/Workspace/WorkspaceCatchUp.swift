/// How far a newcomer has come with others' history.
extension Workspace {
  public struct CatchUp: Hashable, Sendable {
    /// Entries of others' logs that are here.
    public var have: UInt64
    /// Entries that connected peers are known to have; nil until one has shown its heads.
    public var total: UInt64?

    public var isDone: Bool { total.map { have >= $0 } ?? false }
  }

  public var catchUp: CatchUp {
    var known: [LogID: UInt64] = [:]
    for session in sessions.values {
      known.merge(session.peerHeads.filter { $0.key.device != own }) { max($0, $1) }
    }
    let have = known.reduce(0) { $0 + min(heads[$1.key].sequence, $1.value) }
    let isKnown = sessions.values.contains { $0.hasCompared }
    return CatchUp(have: have, total: isKnown ? known.values.reduce(0, +) : nil)
  }
}
