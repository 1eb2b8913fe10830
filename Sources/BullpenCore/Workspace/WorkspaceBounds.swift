/// How full everything is that a peer or a program could fill.
extension Workspace {
  public struct Fullness: Hashable, Sendable {
    public var what: String
    public var held: Int
    /// As in `Limits`.
    public var bound: Int
  }

  /// How many connections to peers are open.
  public var connections: Int { sessions.count }

  public var fullness: [Fullness] {
    [
      Fullness(what: "own writes that wait for the disk", held: pending.count, bound: Limits.commitsQueued),
      Fullness(what: "sessions", held: sessions.count, bound: Limits.peers),
      Fullness(
        what: "ranges to send to one peer", held: sessions.values.map(\.queued).max() ?? 0, bound: Limits.rangesQueued),
      Fullness(
        what: "heads of one peer", held: sessions.values.map(\.peerHeads.count).max() ?? 0, bound: Limits.logs),
      Fullness(
        what: "bytes of one peer that are not on disk yet", held: sessions.values.map(\.unstored).max() ?? 0,
        bound: Limits.overdraft),
      Fullness(
        what: "searches for one peer", held: sessions.values.map(\.searches).max() ?? 0, bound: Limits.searchesQueued),
      Fullness(what: "logs that one peer offers", held: plan.mostOffered, bound: Limits.logsOffered),
      Fullness(what: "logs that peers offer", held: plan.offered, bound: Limits.logs),
      Fullness(what: "ranges asked of one peer", held: plan.mostAsked, bound: Limits.rangesQueued),
      Fullness(
        what: "connections of a partial mesh", held: mesh.isPartial ? mesh.chosen.count : 0, bound: Limits.meshChosen),
      Fullness(what: "devices with addresses", held: addresses.records.count, bound: Limits.peers * 2),
    ]
  }
}
