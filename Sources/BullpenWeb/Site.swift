import BullpenCore
import BullpenNode
import Logging

/// What every route has at hand.
struct Site: Sendable {
  let node: any NodeAPI
  let door: Door
  let desk: LoginDesk
  let tokens: TokenBook
  let rates: Rates
  let sockets: SocketCount
  let cursors = CursorDesk()
  let presenceTexts = PresenceTexts()
  let metrics: WebMetrics
  let port: BoundPort
  let fontDirectory: String?
  let clock: @Sendable () -> Int64
  let logs: LogDial
  let atLogin: AtLogin
  let logger: Logger

  /// The address that people are told.
  var authority: String { door.authority }
}
