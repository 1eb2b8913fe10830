import CAvahi
import Glibc
import Testing

@testable import BullpenDiscovery

@Suite("What Avahi waits for")
struct AvahiRoundsTests {
  /// How often Avahi was called.
  final class Calls { var count = 0 }

  let rounds: AvahiRounds
  let calls = Calls()

  init() throws { rounds = try #require(AvahiRounds()) }

  /// Asks as Avahi does to be called, in so many seconds.
  func timeout(in seconds: Int) -> OpaquePointer? {
    var moment = timeval()
    gettimeofday(&moment, nil)
    moment.tv_sec += seconds
    return rounds.api.pointee.timeout_new(
      rounds.api, &moment,
      { _, context in
        // The calls outlive the round.
        if let context { Unmanaged<Calls>.fromOpaque(context).takeUnretainedValue().count += 1 }
      }, Unmanaged.passUnretained(calls).toOpaque())
  }

  @Test("all moments that have come are told in one round, each once, and those to come are not")
  func moments() {
    for _ in 0..<3 { _ = timeout(in: -1) }
    _ = timeout(in: 60)
    #expect(rounds.round(atMost: 0) == .quiet)
    #expect(calls.count == 3)
    #expect(rounds.round(atMost: 0) == .quiet)
    #expect(calls.count == 3)
  }

  @Test("a moment that was taken back is not told, and one that was set anew is")
  func changes() throws {
    let (freed, later) = (timeout(in: -1), try #require(timeout(in: 60)))
    rounds.api.pointee.timeout_free(freed)
    _ = rounds.round(atMost: 0)
    #expect(calls.count == 0)
    var past = timeval(tv_sec: 1, tv_usec: 0)
    rounds.api.pointee.timeout_update(later, &past)
    _ = rounds.round(atMost: 60_000)
    #expect(calls.count == 1)
  }

  @Test("whoever rings ends a round that would last")
  func rings() {
    #expect(write(rounds.alarm, [1], 1) == 1)
    #expect(rounds.round(atMost: 60_000) == .rung)
    #expect(rounds.round(atMost: 0) == .quiet)
  }

  @Test("what a descriptor has to say is told while it is watched")
  func watches() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let watch = rounds.api.pointee.watch_new(
      rounds.api, ends[0], AVAHI_WATCH_IN,
      { watch, _, event, context in
        guard event == AVAHI_WATCH_IN, let context else { return }
        // The calls outlive the round.
        Unmanaged<Calls>.fromOpaque(context).takeUnretainedValue().count += 1
      }, Unmanaged.passUnretained(calls).toOpaque())
    _ = rounds.round(atMost: 0)
    #expect(calls.count == 0)
    _ = write(ends[1], [1], 1)
    _ = rounds.round(atMost: 60_000)
    #expect(calls.count == 1)
    rounds.api.pointee.watch_free(watch)
    _ = rounds.round(atMost: 0)
    #expect(calls.count == 1)
  }
}
