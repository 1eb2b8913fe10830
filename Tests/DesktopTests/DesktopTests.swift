import BullpenCore
import Foundation
import Testing

@testable import BullpenDesktop

/// With a real D-Bus daemon and a program that answers as desktops do.
@Suite(
  "What the desktop says of whoever sits there",
  .enabled(if: access(PrivateBus.daemon, X_OK) == 0, "needs dbus-daemon"))
struct DesktopTests {
  private func desktop(_ session: PrivateBus?, system: PrivateBus? = nil) -> Desktop {
    let (session, system) = (session?.address, system?.address)
    return Desktop(session: { session }, system: { system })
  }

  @Test("GNOME says for how long nobody has touched it")
  func mutter() async throws {
    let bus = try PrivateBus()
    defer { bus.close() }
    let screen = try bus.screen("mutter")
    let desktop = desktop(bus)
    #expect(await desktop.look() == DesktopReading(source: .mutter, idle: 0))
    try screen.say("idle 360000")
    #expect(await desktop.look() == DesktopReading(source: .mutter, idle: 360_000))
    try screen.say("idle \(UInt64.max)")
    #expect(await desktop.look() == DesktopReading(source: .mutter, idle: .max))
  }

  @Test("a screen saver that never says but nought is not believed, and is once it says more")
  func screenSaver() async throws {
    let bus = try PrivateBus()
    defer { bus.close() }
    let screen = try bus.screen("screen_saver")
    let desktop = desktop(bus)
    #expect(await desktop.look() == DesktopReading())
    try screen.say("idle 42000")
    #expect(await desktop.look() == DesktopReading(source: .screenSaver, idle: 42_000))
    try screen.say("idle 0")
    #expect(await desktop.look() == DesktopReading(source: .screenSaver, idle: 0))
  }

  @Test("the login service says what its session hints at, and whether the screen is locked")
  func logind() async throws {
    let bus = try PrivateBus()
    defer { bus.close() }
    let screen = try bus.screen("logind")
    let desktop = desktop(nil, system: bus)
    #expect(await desktop.look() == DesktopReading(isLocked: false))
    try screen.say("idle 60000")
    try screen.say("hint true")
    let reading = await desktop.look()
    #expect(reading.source == .logind)
    // Its clock has gone on since it was asked, and so has ours.
    let idle = try #require(reading.idle)
    #expect((59_000...120_000).contains(idle))
    try screen.say("hint false")
    try screen.say("locked true")
    #expect(await desktop.look() == DesktopReading(source: .logind, idle: 0, isLocked: true))
  }

  @Test("who knows best is asked first, and the login service still says whether the screen is locked")
  func order() async throws {
    let (session, system) = (try PrivateBus(), try PrivateBus())
    defer { [session, system].forEach { $0.close() } }
    let (mutter, screenSaver) = (try session.screen("mutter"), try session.screen("screen_saver"))
    let login = try system.screen("logind")
    try mutter.say("idle 1000")
    try screenSaver.say("idle 2000")
    try login.say("idle 3000")
    try login.say("hint true")
    try login.say("locked true")
    let desktop = desktop(session, system: system)
    #expect(await desktop.look() == DesktopReading(source: .mutter, idle: 1_000, isLocked: true))
    mutter.end()
    #expect(await desktop.look() == DesktopReading(source: .screenSaver, idle: 2_000, isLocked: true))
    screenSaver.end()
    #expect(await desktop.look().source == .logind)
  }

  @Test("no bus, a bus that goes and one that comes back are all survived")
  func comesAndGoes() async throws {
    let bus = try PrivateBus()
    defer { bus.close() }
    bus.stop()
    let desktop = desktop(bus)
    #expect(await desktop.look() == DesktopReading())
    for idle in [1, 2] {
      try bus.start()
      try bus.screen("mutter").say("idle \(idle)")
      #expect(await desktop.look().idle == Int64(idle))
      bus.stop()
      #expect(await desktop.look() == DesktopReading())
    }
  }

  @Test("a desktop that hangs costs a question its patience, and nothing is started to answer")
  func hangs() async throws {
    let bus = try PrivateBus()
    defer { bus.close() }
    let desktop = desktop(bus)
    #expect(await desktop.look() == DesktopReading())
    let screen = try bus.screen("mutter")
    screen.hang()
    #expect(await desktop.look() == DesktopReading())
  }
}
