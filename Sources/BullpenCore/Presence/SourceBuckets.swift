/// A bucket for each source address, in bounded room. An address that is made up costs nothing, so when the
/// table is full all newcomers share one bucket: those who were here keep their own.
struct SourceBuckets: Sendable {
  private var buckets: [[UInt8]: TokenBucket] = [:]
  private var shared: TokenBucket?
  private var nextSweep: Int64 = .min

  var count: Int { buckets.count }

  /// - Parameter now: milliseconds on the boot clock.
  mutating func take(_ source: Endpoint, at now: Int64) -> Bool {
    // The port is the sender's to choose, so it does not count.
    if buckets[source.address] != nil { return buckets[source.address]?.take(at: now) ?? false }
    if buckets.count >= Limits.sources { sweep(at: now) }
    guard buckets.count < Limits.sources else {
      var bucket = shared ?? Self.bucket(at: now)
      defer { shared = bucket }
      return bucket.take(at: now)
    }
    var bucket = Self.bucket(at: now)
    defer { buckets[source.address] = bucket }
    return bucket.take(at: now)
  }

  /// Forgets addresses that have been quiet. It looks at every one, so at most once a second.
  private mutating func sweep(at now: Int64) {
    guard now >= nextSweep else { return }
    nextSweep = now + 1_000
    buckets = buckets.filter {
      var bucket = $0.value
      return !bucket.isFull(at: now)
    }
  }

  private static func bucket(at now: Int64) -> TokenBucket {
    TokenBucket(burst: Limits.sourceBurst, rate: Limits.sourceRate, at: now)
  }
}
