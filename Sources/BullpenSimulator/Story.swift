import BullpenCore

// For stories that are told step by step. Nodes are numbered in the order in which they came.
extension Simulation {
  /// Writes an activity.
  public func post(_ node: Int, _ text: String) { act(nodes[node], text: text) }

  /// Writes a notification for the members of some nodes.
  public func notify(_ node: Int, to others: [Int], title: String) {
    var dice = random.fork()
    notify(from: nodes[node], to: others.compactMap { nodes[$0].member }.sorted(), title: title, &dice)
  }

  /// Writes a setting of the node's member.
  public func set(_ node: Int, _ setting: String, to value: String) { set(nodes[node], setting, to: value) }

  /// A setting of the member of another node, as one node's disk has it.
  public func setting(_ node: Int, _ other: Int, _ name: String) -> String? {
    nodes[other].member.flatMap { try? nodes[node].store?.setting($0, name) }
  }

  /// What the person at a node is told of clocks that are wrong: whose, nil where nobody knows, and how far ahead.
  public func clocks(_ node: Int) -> [ClockNotice] { nodes[node].run?.machine.clockNotices ?? [] }

  public func device(_ node: Int) -> DeviceID { nodes[node].device }

  /// Nodes that a node names because they do not send what they announce.
  public func withholders(_ node: Int) -> [Int] {
    let machine = nodes[node].run?.machine
    let named = machine?.peerStates(at: nodes[node].instant).filter(\.isWithholding).map(\.device) ?? []
    return nodes.filter { named.contains($0.device) }.map(\.index)
  }

  /// How many connections a node has open.
  public func connections(_ node: Int) -> Int { nodes[node].run?.machine.connections ?? 0 }

  /// How many entries of others' logs came to a node over all its connections.
  public func received(_ node: Int) -> Int { nodes[node].received }

  /// Entries of all logs that a node holds.
  public func held(_ node: Int) -> Int {
    Int((nodes[node].run?.machine.heads.sorted ?? []).reduce(0) { $0 + $1.head.sequence })
  }

  /// Changes that a node holds back until their time has come.
  public func heldBack(_ node: Int) -> Int {
    ((try? nodes[node].store?.quarantine()) ?? []).reduce(0) { $0 + $1.count }
  }

  /// Changes that a node keeps and does not believe.
  public func refused(_ node: Int) -> Int { (try? nodes[node].store?.refusedCount()) ?? 0 }

  /// What was said to people's faces when a write failed.
  public var refusals: [CommitFailure] { ledger.refusals }

  /// How many branches a node holds of the log of another that has most of them.
  public func branches(_ node: Int, of other: Int) -> Int {
    ((try? nodes[node].store?.forks()) ?? []).filter { $0.log.device == nodes[other].device }.map(\.branches).max() ?? 1
  }

  /// Nodes of which a node's person is told that they have gone on in several ways.
  public func forkers(_ node: Int) -> [Int] {
    let named = ((try? nodes[node].store?.forkNotices(at: wall)) ?? []).map(\.device)
    return nodes.filter { named.contains($0.device) }.map(\.index)
  }

  /// The history that a node writes now.
  public func incarnation(_ node: Int) -> Incarnation? { nodes[node].store?.incarnation }

  /// The first entry that a node's disk has of the logs of another, of rows that pass.
  public func beginning(_ node: Int, of other: Int) -> UInt64? {
    guard let disk = nodes[node].disk, let heads = try? disk.heads() else { return nil }
    let logs = heads.sorted.filter { $0.log.device == nodes[other].device && $0.log.kind == .passing }
    return logs.compactMap { log, head in
      try? disk.segments(LogRange(log: log, first: 1, last: head.sequence, digest: head.digest), maxBytes: 1).first?
        .first
    }.min()
  }

  /// Whether the person at a node is told that its home runs twice.
  public func isToldOfTwin(_ node: Int) -> Bool {
    nodes[node].run?.machine.twinNotices(at: nodes[node].instant).contains { $0.device == nil } == true
  }

  /// Writes an activity at the copy of a node's home.
  public func postAtCopy(of node: Int, _ text: String) {
    if let copy = copies.last(where: { $0.original === nodes[node] }) { act(copy, text: text) }
  }

  /// Bytes that went over connections so far.
  public var bytesSent: Int { traffic.frames }

  /// Looks whether anything is wrong at this moment.
  public func lookRound() -> [String] {
    audit()
    return findings
  }

  /// How available one node shows the member of another; nil when it does not run.
  public func sees(_ node: Int, _ other: Int) -> Status? {
    guard let member = nodes[other].member else { return nil }
    return nodes[node].run?.machine.shown(member, at: nodes[node].instant)?.status
  }

  /// How many notifications the node's member has not read.
  public func unread(_ node: Int) -> Int? {
    nodes[node].member.flatMap { try? nodes[node].store?.unreadCount(for: $0, wall: wall) }
  }

  /// The texts of activities on the node's disk, newest first.
  public func activities(_ node: Int) -> [String] {
    (try? nodes[node].store?.activities(wall: wall).rows.map(\.text)) ?? []
  }

  /// The title that a node's disk shows of the newest notification for the member of another node.
  public func title(_ node: Int, newestFor other: Int) -> String? {
    guard let member = nodes[other].member else { return nil }
    return try? nodes[node].store?.notifications(for: member, wall: wall).rows.first?.title
  }
}
