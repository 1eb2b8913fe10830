import BullpenCore

/// Bounds of the local API, each with its unit and reason.
enum WebBounds {
  /// Bytes of a request's body: a notification with 200 recipients and the longest words fits four times.
  static let bodyBytes = 64 * 1024
  /// Bytes of a WebSocket frame, and of a message put together from fragments.
  static let messageBytes = 64 * 1024
  /// Fragments of one message: an honest client sends one.
  static let fragments = 64
  /// Bytes of an envelope's id.
  static let envelopeIDBytes = 64
  /// Rows of a page, at most and unless asked otherwise.
  static let pageRows = 100
  static let usualPageRows = 50

  /// WebSockets at once, and TCP connections: browsers open six each, and each tab one more for its WebSocket. A
  /// dashboard's thousand fit; each costs some 40 KB while it is idle.
  static let sockets = 1_200
  static let connections = 2_048
  /// Envelopes and bytes that may wait for a slow client. A large office's presence and cursors fit, each once.
  static let waitingEnvelopes = 512
  static let waitingBytes = 1024 * 1024
  /// Words about a joining that may wait for a slow client: those of a round over all addresses fit.
  static let joinProgress = 4 * Limits.joinAttempts
  /// Steps of an examination that may wait for one: all of them fit.
  static let examinationSteps = Limits.examinationSteps
  /// Milliseconds that a client has to take what waits, once it is being sent away.
  static let farewell: Int64 = 10_000

  /// Milliseconds of a client's silence after which it is asked, and after which it is believed gone.
  static let socketPing: Int64 = 20_000
  static let socketSilence: Int64 = 60_000
  /// Milliseconds after which a person types no more, unless said again.
  static let typing: Int64 = 5_000
  /// Milliseconds after which a page and a kind of device that a request named hold no more, unless named again: as long
  /// as a cursor that nobody moves.
  static let place: Int64 = Limits.cursorLifetime
  /// Seconds that a connection may take to send its first request, and may idle between requests.
  static let firstRequest: Int64 = 30
  static let idle: Int64 = 60

  /// Requests of one known caller, burst and per second: a runaway program must not starve the view, and no
  /// honest one comes near.
  static let requestBurst = 2_000
  static let requestRate = 1_000
  /// Requests of all who have not shown who they are. The view loads some forty files.
  static let strangerBurst = 400
  static let strangerRate = 200
  /// Tries to log in: a guess has 128 bits before it anyway.
  static let loginBurst = 8
  static let loginRate = 1
  /// Messages of one WebSocket: a mouse moves up to 125 times a second.
  static let socketBurst = 400
  static let socketRate = 200

  /// Milliseconds that a login link may be spent, and that a login holds.
  static let loginLink: Int64 = 10 * 60 * 1000
  static let login: Int64 = 90 * 86_400_000
  /// Login links at once; the oldest goes first.
  static let loginLinks = 16
  /// Tokens for apps.
  static let tokens = 64

  /// Seconds that an invite may live, from a minute to 30 days.
  static let inviteLifetime = 60...2_592_000
  static let inviteUses = 1...200
  static let kindBytes = 64
}
