import BullpenCore
import BullpenDesktop
import Synchronization

/// Asks the desktop again and again whether anybody is there.
final class DesktopWatch: Sendable {
  private let desktop = Desktop()
  private let last = Mutex<DesktopReading.Source?>(nil)

  /// Which part of the desktop knew it when it was asked last; nil where none did.
  var source: DesktopReading.Source? { last.withLock { $0 } }

  /// Until the task is cancelled.
  func run(_ tell: @Sendable (DesktopReading) async -> Void) async {
    while !Task.isCancelled {
      let reading = await desktop.look()
      last.withLock { $0 = reading.source }
      if reading != DesktopReading() { await tell(reading) }
      try? await Task.sleep(for: .milliseconds(Limits.desktopPoll))
    }
  }
}
