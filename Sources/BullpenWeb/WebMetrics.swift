import BullpenNode
import HTTPTypes
import Metrics
import Synchronization

/// What the local API counts of itself.
final class WebMetrics: Sendable {
  private struct Answered: Hashable {
    let route: String
    let status: String
  }

  private let board: MetricsBoard
  private let requests = Mutex<[Answered: Counter]>([:])
  private let sockets: Meter

  init(_ board: MetricsBoard) {
    self.board = board
    sockets = Meter(label: "bullpen_websockets_open", factory: board)
  }

  /// - Parameter path: the route's, as the router has it; nil where the door came first.
  func count(_ status: HTTPResponse.Status, at path: String?) {
    let answered = Answered(route: Self.route(path), status: "\(status.code / 100)xx")
    let counter = requests.withLock { requests in
      if let known = requests[answered] { return known }
      let made = Counter(
        label: "bullpen_web_requests_total", dimensions: [("route", answered.route), ("status", answered.status)],
        factory: board)
      requests[answered] = made
      return made
    }
    counter.increment()
  }

  /// The API's routes by name; the view's many files as one, and all that nothing serves as one.
  private static func route(_ path: String?) -> String {
    guard let path, path.hasPrefix("/") else { return "none" }
    let isOwn = path.hasPrefix("/api/") || ["/health", "/metrics", "/ws"].contains(path)
    guard isOwn else { return "view" }
    return path.split(separator: "/").map { $0.hasPrefix(":") ? "/{\($0.dropFirst())}" : "/\($0)" }.joined()
  }

  func text(sockets open: Int) -> String {
    sockets.set(open)
    return board.text
  }
}
