/// Places that wait for their turn; the least comes first. A binary heap.
struct LeastFirst {
  private var heap: [Int]

  /// - Parameter places: in ascending order, which is a heap already.
  init(_ places: Range<Int>) { heap = Array(places) }

  mutating func push(_ place: Int) {
    heap.append(place)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child] < heap[parent] else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func pop() -> Int? {
    guard let least = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return least }
    heap[0] = last
    var parent = 0
    while true {
      let (left, right) = (2 * parent + 1, 2 * parent + 2)
      var smallest = parent
      if left < heap.count, heap[left] < heap[smallest] { smallest = left }
      if right < heap.count, heap[right] < heap[smallest] { smallest = right }
      guard smallest != parent else { return least }
      heap.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
