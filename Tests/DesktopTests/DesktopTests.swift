import BullpenCore
import Foundation
import Testing

@testable import BullpenDesktop

/// With a real D-Bus daemon and a program that answers as desktops do.
@Suite(
  "What the desktop says of whoever sits there",
  .enabled(if: access(PrivateBus.daemon, X_OK) == 0, "needs dbus-daemon"))
struct DesktopTests {
  private static func desktop(_ session: PrivateBus?, system: PrivateBus? = nil) -> Desktop {
    let (session, system) = (session?.address, system?.address)
    return Desktop(session: { session }, system: { system })
  }

  @Test("GNOME says for how long nobody has touched it")
  func mutter() async throws {
    try await story {
      let bus = try PrivateBus()
      defer { bus.close() }
      let screen = try bus.screen("mutter")
      let desktop = Self.desktop(bus)
      #expect(desktop.lookNow() == DesktopReading(source: .mutter, idle: 0))
      try screen.say("idle 360000")
      #expect(desktop.lookNow() == DesktopReading(source: .mutter, idle: 360_000))
      try screen.say("idle \(UInt64.max)")
      #expect(desktop.lookNow() == DesktopReading(source: .mutter, idle: .max))
    }
  }

  @Test("a screen saver that never says but nought is not believed, and is once it says more")
  func screenSaver() async throws {
    try await story {
      let bus = try PrivateBus()
      defer { bus.close() }
      let screen = try bus.screen("screen_saver")
      let desktop = Self.desktop(bus)
      #expect(desktop.lookNow() == DesktopReading())
      try screen.say("idle 42000")
      #expect(desktop.lookNow() == DesktopReading(source: .screenSaver, idle: 42_000))
      try screen.say("idle 0")
      #expect(desktop.lookNow() == DesktopReading(source: .screenSaver, idle: 0))
    }
  }

  @Test("the login service says what its session hints at, and whether the screen is locked")
  func logind() async throws {
    try await story {
      let bus = try PrivateBus()
      defer { bus.close() }
      let screen = try bus.screen("logind")
      let desktop = Self.desktop(nil, system: bus)
      #expect(desktop.lookNow() == DesktopReading(isLocked: false))
      try screen.say("idle 60000")
      try screen.say("hint true")
      let reading = desktop.lookNow()
      #expect(reading.source == .logind)
      // Its clock has gone on since it was asked, and so has ours.
      let idle = try #require(reading.idle)
      #expect((59_000...120_000).contains(idle))
      try screen.say("hint false")
      try screen.say("locked true")
      #expect(desktop.lookNow() == DesktopReading(source: .logind, idle: 0, isLocked: true))
    }
  }

  @Test("who knows best is asked first, and the login service still says whether the screen is locked")
  func order() async throws {
    try await story {
      let (session, system) = (try PrivateBus(), try PrivateBus())
      defer { [session, system].forEach { $0.close() } }
      let (mutter, screenSaver) = (try session.screen("mutter"), try session.screen("screen_saver"))
      let login = try system.screen("logind")
      try mutter.say("idle 1000")
      try screenSaver.say("idle 2000")
      try login.say("idle 3000")
      try login.say("hint true")
      try login.say("locked true")
      let desktop = Self.desktop(session, system: system)
      #expect(desktop.lookNow() == DesktopReading(source: .mutter, idle: 1_000, isLocked: true))
      mutter.end()
      #expect(desktop.lookNow() == DesktopReading(source: .screenSaver, idle: 2_000, isLocked: true))
      screenSaver.end()
      #expect(desktop.lookNow().source == .logind)
    }
  }

  @Test("no bus, a bus that goes and one that comes back are all survived")
  func comesAndGoes() async throws {
    try await story {
      let bus = try PrivateBus()
      defer { bus.close() }
      bus.stop()
      let desktop = Self.desktop(bus)
      #expect(desktop.lookNow() == DesktopReading())
      for idle in [1, 2] {
        try bus.start()
        try bus.screen("mutter").say("idle \(idle)")
        #expect(desktop.lookNow().idle == Int64(idle))
        bus.stop()
        #expect(desktop.lookNow() == DesktopReading())
      }
    }
  }

  @Test("a desktop that hangs costs a question its patience, and nothing is started to answer")
  func hangs() async throws {
    try await story {
      let bus = try PrivateBus()
      defer { bus.close() }
      let desktop = Self.desktop(bus)
      #expect(desktop.lookNow() == DesktopReading())
      let screen = try bus.screen("mutter")
      screen.hang()
      #expect(desktop.lookNow() == DesktopReading())
    }
  }
}
