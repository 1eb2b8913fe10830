import CAvahi
import Glibc

/// What Avahi waits for, as it asks by `AvahiPoll`: descriptors, and moments by the wall clock. All that is due is done in
/// one round.
///
/// Avahi's own simple poll does one thing a round, and wakes itself by a pipe whenever a moment changes. Where twenty
/// nodes ask after one another that is two thousand system calls a second.
///
/// All of it happens on the discovery thread, but for writing to `alarm`.
final class AvahiRounds {
  enum Outcome {
    case quiet
    /// Somebody has rung.
    case rung
    /// It can no longer be waited for anything.
    case broken
  }

  private final class Watch {
    unowned let rounds: AvahiRounds
    let descriptor: Int32
    var wanted: AvahiWatchEvent
    var happened = AvahiWatchEvent(rawValue: 0)
    let call: AvahiWatchCallback
    let context: UnsafeMutableRawPointer?
    var isFreed = false

    init(
      _ rounds: AvahiRounds, _ descriptor: Int32, _ wanted: AvahiWatchEvent, _ call: @escaping AvahiWatchCallback,
      _ context: UnsafeMutableRawPointer?
    ) {
      self.rounds = rounds
      self.descriptor = descriptor
      self.wanted = wanted
      self.call = call
      self.context = context
    }
  }

  private final class Timeout {
    unowned let rounds: AvahiRounds
    /// Unix microseconds; nil while it is not to be called.
    var moment: Int64?
    let call: AvahiTimeoutCallback
    let context: UnsafeMutableRawPointer?

    init(
      _ rounds: AvahiRounds, _ moment: Int64?, _ call: @escaping AvahiTimeoutCallback,
      _ context: UnsafeMutableRawPointer?
    ) {
      self.rounds = rounds
      self.moment = moment
      self.call = call
      self.context = context
    }
  }

  /// Moments that come in one round, so that one who sets each to the past holds nothing up for good.
  private static let momentsInRound = 1_024

  /// Lent to the responders, which end before it does.
  let api: UnsafeMutablePointer<AvahiPoll>
  /// Whoever writes a byte here, on any thread, ends the round that is under way.
  let alarm: Int32
  private let heard: Int32
  private var watches: [Watch] = []
  private var timeouts: [Timeout] = []

  /// Nil where too many files are open.
  init?() {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    (heard, alarm) = (ends[0], ends[1])
    api = .allocate(capacity: 1)
    api.initialize(to: Self.functions)
    api.pointee.userdata = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    close(alarm)
    close(heard)
    api.deallocate()
  }

  // MARK: - Rounds

  /// Waits until something happens or a moment comes, and does all that is due.
  /// - Parameter wait: milliseconds at most.
  func round(atMost wait: Int64) -> Outcome {
    var polled = watches.map {
      pollfd(fd: $0.descriptor, events: Int16(truncatingIfNeeded: $0.wanted.rawValue), revents: 0)
    }
    polled.append(pollfd(fd: heard, events: Int16(POLLIN), revents: 0))
    let first = timeouts.compactMap(\.moment).min().map { max(0, ($0 - Self.now() + 999) / 1_000) }
    let count = poll(&polled, nfds_t(polled.count), Int32(clamping: max(0, min(wait, first ?? wait))))
    guard count >= 0 || errno == EINTR else { return .broken }
    if count > 0 {
      // What a call frees is not called after it.
      for (watch, found) in zip(watches, polled) where found.revents != 0 && !watch.isFreed {
        watch.happened = AvahiWatchEvent(rawValue: UInt32(UInt16(bitPattern: found.revents)))
        watch.call(Self.handle(watch), watch.descriptor, watch.happened, watch.context)
        watch.happened = AvahiWatchEvent(rawValue: 0)
      }
    }
    var left = Self.momentsInRound
    while left > 0, let due = nextDue() {
      due.moment = nil
      due.call(Self.handle(due), due.context)
      left -= 1
    }
    guard count > 0, polled.last?.revents != 0 else { return .quiet }
    var rings = [UInt8](repeating: 0, count: 64)
    return read(heard, &rings, rings.count) > 0 ? .rung : .quiet
  }

  private func nextDue() -> Timeout? {
    let now = Self.now()
    return timeouts.first { $0.moment.map { $0 <= now } ?? false }
  }

  private static func now() -> Int64 {
    var time = timeval()
    gettimeofday(&time, nil)
    return microseconds(time)
  }

  private static func microseconds(_ time: timeval) -> Int64 { Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_usec) }

  // MARK: - Avahi's side

  /// A watch or timeout as Avahi holds it: retained from its making until it is freed.
  private static func handle(_ object: AnyObject) -> OpaquePointer {
    OpaquePointer(Unmanaged.passUnretained(object).toOpaque())
  }

  private static func object<Kind: AnyObject>(_ handle: OpaquePointer?, _: Kind.Type) -> Kind? {
    handle.map { Unmanaged<Kind>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
  }

  private static func rounds(_ api: UnsafePointer<AvahiPoll>?) -> AvahiRounds? {
    (api?.pointee.userdata).map { Unmanaged<AvahiRounds>.fromOpaque($0).takeUnretainedValue() }
  }

  /// The lists keep what Avahi holds.
  private static var functions: AvahiPoll {
    AvahiPoll(
      userdata: nil,
      watch_new: { api, descriptor, wanted, call, context in
        guard let rounds = AvahiRounds.rounds(api), let call else { return nil }
        let watch = Watch(rounds, descriptor, wanted, call, context)
        rounds.watches.append(watch)
        return AvahiRounds.handle(watch)
      },
      watch_update: { watch, wanted in AvahiRounds.object(watch, Watch.self)?.wanted = wanted },
      watch_get_events: { watch in AvahiRounds.object(watch, Watch.self)?.happened ?? AvahiWatchEvent(rawValue: 0) },
      watch_free: { watch in
        guard let watch = AvahiRounds.object(watch, Watch.self) else { return }
        watch.isFreed = true
        watch.rounds.watches.removeAll { $0 === watch }
      },
      timeout_new: { api, moment, call, context in
        guard let rounds = AvahiRounds.rounds(api), let call else { return nil }
        let timeout = Timeout(rounds, moment.map { AvahiRounds.microseconds($0.pointee) }, call, context)
        rounds.timeouts.append(timeout)
        return AvahiRounds.handle(timeout)
      },
      timeout_update: { timeout, moment in
        AvahiRounds.object(timeout, Timeout.self)?.moment = moment.map { AvahiRounds.microseconds($0.pointee) }
      },
      timeout_free: { timeout in
        guard let timeout = AvahiRounds.object(timeout, Timeout.self) else { return }
        timeout.rounds.timeouts.removeAll { $0 === timeout }
      })
  }
}
