import BullpenCore

extension Event {
  /// For the trace.
  var name: String {
    switch self {
    case .tick: "tick"
    case .hint(_, let endpoints, let source): "hint \(source.name) \(endpoints)"
    case .dialEnded(let dial, let failure): "dial \(dial.raw) ended \(failure ?? "")"
    case .linksChanged: "links changed"
    case .resumed: "resumed"
    case .expelled: "expelled"
    case .met(let connection, _, _, _, let statements): "met on \(connection.raw), \(statements.count) statements"
    case .received(let connection, _): "received on \(connection.raw)"
    case .closed(let connection): "closed \(connection.raw)"
    case .datagram: "datagram"
    case .committed(let request, let result):
      switch result {
      case .success(let outcome): "committed \(request.raw) \(outcome.heads.map(\.head.sequence))"
      case .failure(let failure): "not committed \(request.raw) \(failure.reason)"
      }
    case .applied(_, let outcome):
      "applied \(outcome.heads.map(\.head.sequence)), rejected \(outcome.rejected.map(\.reason.rawValue))"
    case .admitted(let statements, _, _): "admitted \(statements.count)"
    case .read(let connection, let segments): "read \(segments.map(\.first)) for \(connection.raw)"
    case .found(let lacking, let held, _): "lacks \(lacking.map(\.head.sequence)), holds \(held.map(\.head.sequence))"
    case .view(let view, _): "view \(view.raw)"
    case .setPresence: "presence"
    case .desktop: "desktop"
    case .keptStatus: "kept status"
    case .privacy(let privacy): "visible to \(privacy.level.rawValue)"
    case .clearCursors: "cursors cleared"
    case .write(let request, _): "write \(request.raw)"
    case .claim(let request, _): "claim \(request.raw)"
    case .stopping: "stopping"
    }
  }
}
