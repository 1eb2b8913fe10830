import BullpenCore
import Synchronization

/// How often each may ask: one bucket a known caller, one for all strangers, one for logins.
final class Rates: Sendable {
  private struct Buckets {
    var strangers: TokenBucket
    var logins: TokenBucket
    var callers: [String: TokenBucket] = [:]
  }

  private let buckets: Mutex<Buckets>

  init() {
    let now = Monotonic.milliseconds
    buckets = Mutex(
      Buckets(
        strangers: TokenBucket(burst: WebBounds.strangerBurst, rate: WebBounds.strangerRate, at: now),
        logins: TokenBucket(burst: WebBounds.loginBurst, rate: WebBounds.loginRate, at: now)))
  }

  func take(_ caller: Caller?) throws(Problem) {
    let now = Monotonic.milliseconds
    let name: String? =
      switch caller {
      case nil: nil
      case .view: "view"
      case .person: "person"
      case .app(let id, _): id
      }
    let may = buckets.withLock { buckets in
      guard let name else { return buckets.strangers.take(at: now) }
      // Callers are few: there are at most 64 tokens, and what is full remembers nothing.
      if buckets.callers.count > WebBounds.tokens * 2 { buckets.callers.removeAll() }
      let new = TokenBucket(burst: WebBounds.requestBurst, rate: WebBounds.requestRate, at: now)
      return buckets.callers[name, default: new].take(at: now)
    }
    if !may { throw Problem.tooMany }
  }

  func takeLogin() throws(Problem) {
    if !buckets.withLock({ $0.logins.take(at: Monotonic.milliseconds) }) { throw Problem.tooMany }
  }
}
