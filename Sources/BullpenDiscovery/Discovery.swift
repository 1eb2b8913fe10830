import BullpenCore
import Glibc

/// Finds other nodes on the link by mDNS/DNS-SD (RFC 6762, RFC 6763) and announces this one; the service is in
/// `protocol/discovery.md`.
///
/// One thread of its own does all the work. What it tells is a hint: nobody is online, or is who they are,
/// because mDNS said so.
///
/// `start` once, then anything in any order from any thread, `stop` last.
public final class Discovery: Sendable {
  private let mode: DiscoveryMode
  private let interface: String?
  private let deliver: @Sendable (DiscoveryEvent) -> Void
  private let wishes = Wishes()

  private enum Life: Sendable {
    case idle
    case running(pthread_t)
    case over
  }
  private let life = Locked(Life.idle)

  /// - Parameters:
  ///   - interface: the name of the only interface to use, which may be a loopback; nil uses all but loopback.
  ///   - deliver: hears every event, in order, on the discovery thread. It returns soon and does not wait for
  ///     `stop`. How much waits behind it is for it to bound.
  public init(mode: DiscoveryMode, interface: String?, deliver: @escaping @Sendable (DiscoveryEvent) -> Void) {
    self.mode = mode
    self.interface = interface
    self.deliver = deliver
  }

  /// Begins to listen, and to announce once there is something to. Trouble is told as a state and tried again.
  public func start() {
    let (mode, interface, wishes, deliver) = (mode, interface, wishes, deliver)
    let failure: DiscoveryState? = life.withLock { life in
      guard case .idle = life else { return nil }
      guard mode != .off else {
        life = .over
        return .off
      }
      let thread = Self.startThread {
        DiscoveryLoop(mode: mode, interface: interface, wishes: wishes, deliver: deliver).run()
      }
      guard let thread else {
        life = .over
        return .failing("No thread could be started for mDNS; the machine is short of memory or threads.")
      }
      life = .running(thread)
      return nil
    }
    if let failure { deliver(.state(failure)) }
  }

  /// Announces this, in place of what was announced before; nil withdraws it.
  public func advertise(_ advertisement: Advertisement?) { wishes.advertise(advertisement) }

  /// The machine woke or its links changed: listens and announces anew. Who is not heard again within
  /// `Limits.sightingSettle` is lost.
  public func refresh() { wishes.refresh() }

  /// Says goodbye and ends; returns when the thread has ended, unless it is called on that thread. The last
  /// event is the state `.off`.
  public func stop() {
    let thread: pthread_t? = life.withLock { life in
      defer { life = .over }
      if case .running(let thread) = life { return thread }
      return nil
    }
    guard let thread else { return }
    wishes.stop()
    if pthread_equal(thread, pthread_self()) != 0 {
      pthread_detach(thread)
    } else {
      pthread_join(thread, nil)
    }
  }

  deinit {
    // Whoever let go without a stop shall not leave a thread behind; it ends by itself.
    life.withLock { life in
      if case .running(let thread) = life {
        wishes.stop()
        pthread_detach(thread)
      }
    }
  }

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private static func startThread(_ run: @escaping @Sendable () -> Void) -> pthread_t? {
    var thread = pthread_t()
    // The new thread takes over this reference.
    let body = Unmanaged.passRetained(Body(run))
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        // The reference that was handed over, exactly once.
        Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, body.toOpaque())
    guard code == 0 else {
      body.release()
      return nil
    }
    return thread
  }
}
