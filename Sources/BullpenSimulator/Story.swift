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

  /// How available one node shows the member of another; nil when it does not run.
  public func sees(_ node: Int, _ other: Int) -> Status? {
    guard let member = nodes[other].member else { return nil }
    return nodes[node].run?.machine.shown(member, at: nodes[node].instant)?.status
  }

  /// How many notifications the node's member has not read.
  public func unread(_ node: Int) -> Int? {
    nodes[node].member.flatMap { try? nodes[node].store?.unreadCount(for: $0, wall: Self.epoch + now) }
  }

  /// The texts of activities on the node's disk, newest first.
  public func activities(_ node: Int) -> [String] {
    (try? nodes[node].store?.activities(wall: Self.epoch + now).rows.map(\.text)) ?? []
  }

  /// The title that a node's disk shows of the newest notification for the member of another node.
  public func title(_ node: Int, newestFor other: Int) -> String? {
    guard let member = nodes[other].member else { return nil }
    return try? nodes[node].store?.notifications(for: member, wall: Self.epoch + now).rows.first?.title
  }
}
