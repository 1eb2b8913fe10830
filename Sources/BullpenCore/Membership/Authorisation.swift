/// Why a write may not become visible.
public enum WriteRefusal: String, Hashable, Sendable, CaseIterable, Error {
  case unknownDevice = "unknown_device"
  /// The entry lies beyond what a cut keeps.
  case cut
  /// The key names another member, or the row is another's to delete.
  case notWriter = "not_writer"
  case role
  /// A key, column, type, size or time that the declaration does not allow.
  case malformed
}

extension Membership {
  /// Whether an entry of a log may write a row; nil when it may. The same judgement on the author's node
  /// before it writes and on every other node that hears of it.
  ///
  /// - Parameter branch: of the log, where it has several.
  public func refusal(
    of log: LogID, on branch: BranchStanding? = nil, at sequence: UInt64, table: TableDeclaration, key: RowKey,
    isDelete: Bool = false
  ) -> WriteRefusal? {
    guard let member = author(log.device), let role = role(of: member, in: log, at: sequence, on: branch) else {
      return .unknownDevice
    }
    if let kept = keptHead(log, on: branch), sequence > kept { return .cut }
    let isOwn = key.writer == member
    switch table.writer {
    case .keyMember: return isOwn ? nil : .notWriter
    case .admin: return isOwn ? (role >= .admin ? nil : .role) : .notWriter
    case .owner: return isOwn ? (role == .owner ? nil : .role) : .notWriter
    case .anyone:
      guard role > .guest else { return .role }
      return isDelete && !isOwn && role < .admin ? .notWriter : nil
    }
  }
}
