import Logging
import Synchronization

/// How much the node says, which can be turned while it runs. Every logger that was made with it follows at once.
public final class LogDial: Sendable {
  private struct State {
    var level: Logger.Level
    var isAsked: Bool
  }

  /// Unless somebody asks for another: what a person would want to know a week later.
  public static let usual = Logger.Level.info
  /// The names of all levels, from the most to the fewest words.
  public static let names = Logger.Level.allCases.map(\.rawValue)

  private let state: Mutex<State>

  /// - Parameter asked: the level that the person asked for; nil for the usual one.
  public init(_ asked: Logger.Level? = nil) {
    state = Mutex(State(level: asked ?? Self.usual, isAsked: asked != nil))
  }

  /// Messages below it are not made.
  public var level: Logger.Level { state.withLock { $0.level } }

  /// Whether somebody asked for this level: then the terminal shows it too, and not warnings alone.
  var isAsked: Bool { state.withLock { $0.isAsked } }

  public func turn(to level: Logger.Level) {
    state.withLock { $0 = State(level: level, isAsked: true) }
  }
}
