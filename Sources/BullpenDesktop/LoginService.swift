import Glibc

/// What systemd's login service (`org.freedesktop.login1`) knows of this account's screen.
struct LoginService {
  struct Screen {
    /// The desktop takes its person for idle, since so many milliseconds; nil where it does not.
    var idle: Int64?
    var isLocked: Bool
  }

  private static let name = "org.freedesktop.login1"
  private static let properties = "org.freedesktop.DBus.Properties"

  /// The account as the service names it, once it was asked.
  private var account: String?

  /// Nil where there is no such service, or this account has no screen.
  mutating func screen(_ bus: Bus) -> Screen? {
    guard let account = account ?? find(bus) else { return nil }
    self.account = account
    let user = "\(Self.name).User"
    let display = bus.ask(
      Bus.Question(
        name: Self.name, path: account, interface: Self.properties, method: "Get",
        arguments: [.text(user), .text("Display")]))
    guard let path = display?.first?.list.last?.text else {
      // The account has logged out, or the service has begun anew.
      self.account = nil
      return nil
    }
    let session = bus.ask(
      Bus.Question(
        name: Self.name, path: path, interface: Self.properties, method: "GetAll",
        arguments: [.text("\(Self.name).Session")]))
    guard let session = session?.first, let isIdle = session["IdleHint"]?.flag,
      let isLocked = session["LockedHint"]?.flag
    else { return nil }
    let since = session["IdleSinceHintMonotonic"]?.number ?? 0
    return Screen(idle: isIdle ? Self.milliseconds(since: since) : nil, isLocked: isLocked)
  }

  private func find(_ bus: Bus) -> String? {
    bus.ask(
      Bus.Question(
        name: Self.name, path: "/org/freedesktop/login1", interface: "\(Self.name).Manager", method: "GetUser",
        arguments: [.number(getuid())]))?.first?.text
  }

  /// - Parameter moment: microseconds on the monotonic clock; 0 where the service does not say.
  private static func milliseconds(since moment: UInt64) -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let now = UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1_000
    return moment == 0 || moment > now ? 0 : Int64((now - moment) / 1_000)
  }
}
