import BullpenCore
import Dispatch

/// This machine's desktop, asked over D-Bus for how long nobody has touched keyboard or pointer, and whether its screen is
/// locked. Nothing is changed or started there, and nothing is kept of what it says but which of its parts knows.
///
/// Unchecked: everything that changes is reached only on `queue`, where questions wait for their answers.
public final class Desktop: @unchecked Sendable {
  private let queue = DispatchQueue(label: "bullpen.desktop", qos: .utility)
  private let addresses: (session: @Sendable () -> String?, system: @Sendable () -> String?)
  private var session: Bus?
  private var system: Bus?
  private var login = LoginService()
  /// Whoever has said that nobody was there. Others may say all day that somebody is, because they do not look: KDE's
  /// screen saver under Wayland, and the login service where the desktop never tells it.
  private var trusted: Set<DesktopReading.Source> = [.mutter]

  /// The desktop of the account that this process runs for.
  public convenience init() { self.init(session: BusAddress.session, system: BusAddress.system) }

  /// - Parameters:
  ///   - session: where the session's bus listens, asked before each connection; nil where there is none.
  ///   - system: the same for the system's.
  init(session: @escaping @Sendable () -> String?, system: @escaping @Sendable () -> String?) {
    addresses = (session, system)
  }

  /// What it says now. Takes some seconds where a program of the desktop hangs.
  public func look() async -> DesktopReading {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: self.ask()) }
    }
  }

  /// The same, for who may wait.
  func lookNow() -> DesktopReading { queue.sync { ask() } }

  private func ask() -> DesktopReading {
    session = Self.open(session, addresses.session)
    system = Self.open(system, addresses.system)
    var reading = DesktopReading()
    let screen = system.flatMap { login.screen($0) }
    reading.isLocked = screen?.isLocked
    for source in DesktopReading.Source.allCases where reading.source == nil {
      let idle: Int64? =
        switch source {
        case .mutter: session.flatMap { Self.idle($0, .mutter) }
        case .screenSaver: session.flatMap { Self.idle($0, .screenSaver) }
        case .logind: screen.map { $0.idle ?? 0 }
        }
      guard let idle else { continue }
      if idle > 0 { trusted.insert(source) }
      guard trusted.contains(source) else { continue }
      (reading.source, reading.idle) = (source, idle)
    }
    return reading
  }

  /// The connection that there is, or another after it broke.
  private static func open(_ bus: Bus?, _ address: () -> String?) -> Bus? {
    if let bus, bus.isOpen { return bus }
    return address().flatMap(Bus.init)
  }

  /// Milliseconds since a hand, by a program of the session; nil where it does not run or does not know.
  private static func idle(_ bus: Bus, _ source: Bus.Question) -> Int64? {
    bus.ask(source)?.first?.number.map { Int64(clamping: $0) }
  }
}

extension Bus.Question {
  /// GNOME's compositor and those that grew from it, in milliseconds.
  fileprivate static let mutter = Bus.Question(
    name: "org.gnome.Mutter.IdleMonitor", path: "/org/gnome/Mutter/IdleMonitor/Core",
    interface: "org.gnome.Mutter.IdleMonitor", method: "GetIdletime")
  /// KDE's, in milliseconds, though the page that it goes by says seconds.
  fileprivate static let screenSaver = Bus.Question(
    name: "org.freedesktop.ScreenSaver", path: "/org/freedesktop/ScreenSaver",
    interface: "org.freedesktop.ScreenSaver", method: "GetSessionIdleTime")
}
