/// Pieces of work that are done one after another, in the order in which they came, each outside of any lock: whoever
/// brings one while none is under way does it, and all that have come meanwhile. It is kept behind a lock.
struct Turns<Work> {
  /// What waits for the piece that is under way; nil while none is.
  private var waiting: [Work]?

  /// Whether whoever brings this must do it, by asking for the next until there is none.
  mutating func begin(_ work: Work) -> Bool {
    guard waiting != nil else {
      waiting = [work]
      return true
    }
    waiting?.append(work)
    return false
  }

  var isIdle: Bool { waiting == nil }

  /// The next piece; nil when all is done, and then whoever comes next begins anew.
  mutating func next() -> Work? {
    guard waiting?.isEmpty == false else {
      waiting = nil
      return nil
    }
    return waiting?.removeFirst()
  }
}
