/// What is to happen, in the order of virtual time, and at one moment in the order in which it was asked for.
struct EventQueue {
  private struct Item {
    let at: Int64
    let order: UInt64
    let work: () -> Void

    func precedes(_ other: Item) -> Bool { at != other.at ? at < other.at : order < other.order }
  }

  /// A binary heap.
  private var items: [Item] = []
  private var order: UInt64 = 0

  mutating func add(at moment: Int64, _ work: @escaping () -> Void) {
    order += 1
    items.append(Item(at: moment, order: order, work: work))
    var child = items.count - 1
    while child > 0, items[child].precedes(items[(child - 1) / 2]) {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// The next thing, if it is due by `moment`.
  mutating func next(by moment: Int64) -> (at: Int64, work: () -> Void)? {
    guard let first = items.first, first.at <= moment else { return nil }
    items.swapAt(0, items.count - 1)
    items.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && items[child].precedes(items[least]) {
        least = child
      }
      guard least != parent else { break }
      items.swapAt(parent, least)
      parent = least
    }
    return (first.at, first.work)
  }
}
