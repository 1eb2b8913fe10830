import BullpenCore

/// What came of segments, statements or time that was given to the store.
public struct Application: Sendable {
  /// All heads of the logs that are known further than before, in ascending order.
  public var heads: [LogHead] {
    advanced.sorted { $0.key < $1.key }.flatMap { log, heads in heads.map { LogHead(log: log, head: $0) } }
  }
  /// Keys of rows that look otherwise than before, by table, in ascending order.
  public var rows: [String: [RowKey]] {
    var keys: [String: [RowKey]] = [:]
    for part in changedRows { keys[part.table, default: []] += part.keys }
    return keys.mapValues { keys in
      // A history mostly comes in the order of its keys, and then this is one look at each.
      let sorted = keys.sorted()
      return zip(sorted.indices, sorted).filter { $0 == 0 || sorted[$0 - 1] != $1 }.map(\.1)
    }
  }
  /// Statements that were new.
  public internal(set) var statements: [Verified<ProvedStatement>] = []
  /// Of what was known or came alone, what is not kept: nobody's, or there was no room.
  public internal(set) var dropped: [StatementID] = []
  /// How many statements were not kept, for their member has stated too much, or the workspace holds too many.
  public internal(set) var surplus = 0
  /// Changes that are kept and relayed but not believed.
  public internal(set) var refused: [RefusedChange] = []
  /// How many of the changes are among them.
  public var refusedChanges: Int { Set(refused.map { ChangePlace(log: $0.log, sequence: $0.sequence) }).count }
  /// How many entries were new and are kept, whatever is believed of them.
  public internal(set) var stored = 0
  /// Of these, what this device itself had written; nil for nothing.
  public internal(set) var regained: Regained?
  /// Segments of which nothing was stored.
  public internal(set) var rejected: [RejectedSegment] = []
  /// Of these, the ones of branches whose beginning is not here.
  public internal(set) var departed: [Departure] = []
  /// How many entries wait for their time to come.
  public internal(set) var quarantined = 0

  var advanced: [LogID: [Head]] = [:]
  /// In the order in which they were written; a row that was written twice is here twice.
  var changedRows: [(table: String, keys: [RowKey])] = []
}

private struct ChangePlace: Hashable {
  let log: LogID
  let sequence: UInt64
}

/// What came of one's own draft: it is on disk.
public struct Commit: Hashable, Sendable {
  /// The log that was written, at its new head.
  public let heads: [LogHead]
  /// Keys of rows that look otherwise than before, by table, in ascending order.
  public let rows: [String: [RowKey]]
  /// Statements that there is no room for any more.
  public let dropped: [StatementID]
}

public struct RefusedChange: Hashable, Sendable {
  public let log: LogID
  public let sequence: UInt64
  /// The row's place in its change, from 0; nil when the whole change is refused.
  public let row: Int?
  public let reason: RefusalReason
  /// When it was refused here, in Unix milliseconds.
  public let wall: Int64
}

/// Why a row, or a whole change, is not believed.
public enum RefusalReason: String, Hashable, Sendable, CaseIterable {
  /// The bytes are no change.
  case malformed
  /// The statements that are known no longer say whose device this is.
  case unknownDevice = "unknown_device"
  /// The signer's member is not the member in the key.
  case author
  /// The table asks for an admin.
  case role
  /// The signer was cut before this.
  case cut
  /// The key does not have the table's shape.
  case key
  /// The key's time lies more than five minutes after the stamp.
  case keyTime = "key_time"
  /// A value of another type than declared, clear where it must be sealed, or the reverse.
  case type
  case limit
  case audience
  /// A lasting row in the passing log, or the reverse.
  case log
  /// The entry claims to die before its rows do.
  case expiry
  /// Not a statement that its author made for this place.
  case statement
  /// It was stamped in the future, and somebody who may has voided it.
  case voided
}

public struct RejectedSegment: Hashable, Sendable {
  public let log: LogID
  public let reason: RejectionReason
}

/// Why nothing of a segment was stored.
public enum RejectionReason: String, Hashable, Sendable, CaseIterable {
  /// No member's device; its credential may be on the way.
  case unknownDevice = "unknown_device"
  /// The chain or the signature does not hold.
  case unproved
  /// It begins after the head.
  case gap
  /// It goes on from another entry than the one that is here under that number; what is between may come.
  case departed
  /// A branch beyond those that are kept of a log, or one for which room is made later. Its device waits for an admin, who
  /// cuts it.
  case fork
  /// A payload is missing whose time has not passed.
  case hole
  /// Stamps do not increase.
  case stamps
  /// All of it is dead, and its log goes on elsewhere.
  case past
  /// More logs than one workspace may have.
  case logs
}
