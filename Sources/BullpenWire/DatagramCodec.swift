import BullpenCore
import SwiftProtobuf

/// The bodies of datagrams.
public enum DatagramCodec {
  public static func encode(_ body: DatagramBody) -> [UInt8] {
    PBDatagram.with {
      switch body {
      case .presence(let update): $0.presence = update.message
      case .acknowledge(let version): $0.acknowledge = version.message
      case .probe(let nonce): $0.probe = nonce
      case .probeAnswer(let nonce): $0.probeAnswer = nonce
      case .cursor(let update): $0.cursor = update.message
      case .goodbye(let version): $0.goodbye = version.message
      case .cursorClear(let clear):
        $0.cursorClear = .with {
          $0.room = clear.room.name
          $0.version = clear.version.message
        }
      }
    }.wireBytes
  }

  /// Nil for what is no body, or one with a part missing, too long or out of range.
  public static func decode(_ bytes: [UInt8]) -> DatagramBody? {
    guard bytes.count <= Limits.datagramBytes else { return nil }
    if let cursor = bytes.withUnsafeBytes({ CursorUpdate(usual: $0) }) { return .cursor(cursor) }
    return decodeAny(bytes)
  }

  /// As the library reads it.
  static func decodeAny(_ bytes: [UInt8]) -> DatagramBody? {
    guard let body = PBDatagram(wire: bytes)?.body else { return nil }
    switch body {
    case .presence(let update): return PresenceUpdate(update).map { .presence($0) }
    case .acknowledge(let version): return PresenceVersion(version).map { .acknowledge($0) }
    case .probe(let nonce): return .probe(nonce)
    case .probeAnswer(let nonce): return .probeAnswer(nonce)
    case .cursor(let update): return CursorUpdate(update).map { .cursor($0) }
    case .goodbye(let version): return PresenceVersion(version).map { .goodbye($0) }
    case .cursorClear(let clear):
      guard let room = RoomID(clear.room), clear.hasVersion, let version = PresenceVersion(clear.version) else {
        return nil
      }
      return .cursorClear(CursorClear(room: room, version: version))
    }
  }
}

extension PresenceVersion {
  fileprivate var message: PBVersion {
    .with {
      $0.session = session
      $0.counter = counter
    }
  }

  fileprivate init?(_ message: PBVersion) {
    guard WireRange.moments.contains(message.session), WireRange.counters.contains(message.counter) else { return nil }
    self.init(session: message.session, counter: message.counter)
  }
}

extension PresenceUpdate {
  fileprivate var message: PBPresenceUpdate {
    .with {
      $0.version = version.message
      $0.status = UInt32(presence.status.rawValue)
      $0.statusTurn = presence.statusTurn
      $0.customStatus = presence.customStatus
      $0.customEmoji = presence.customEmoji
      $0.wordsTurn = presence.wordsTurn
      $0.kind = UInt32(presence.kind.rawValue)
      $0.rooms = presence.rooms.map(\.name)
      $0.typing = presence.typing.flatMap(presence.rooms.firstIndex).map { UInt32($0) + 1 } ?? 0
      $0.page = presence.page.flatMap(presence.rooms.firstIndex).map { UInt32($0) + 1 } ?? 0
      $0.pageTurn = presence.pageTurn
      $0.wantsAcknowledgement = wantsAcknowledgement
      $0.heads = heads
      $0.hearsay = UInt32(hearsay.rawValue)
    }
  }

  fileprivate init?(_ message: PBPresenceUpdate) {
    guard message.hasVersion, let version = PresenceVersion(message.version),
      let status = UInt8(exactly: message.status).flatMap(Status.init(rawValue:)),
      let kind = UInt8(exactly: message.kind).flatMap(DeviceKind.init(rawValue:)),
      StatusWords(text: message.customStatus, emoji: message.customEmoji).isSound,
      let rooms = decodeAll(message.rooms, atMost: Limits.roomsPerDevice, { RoomID($0) }),
      rooms == Set(rooms).sorted(), RoomID.fit(rooms)
    else { return nil }
    guard message.typing <= rooms.count, message.page <= rooms.count else { return nil }
    let typing = message.typing == 0 ? nil : rooms[Int(message.typing) - 1]
    let page = message.page == 0 ? nil : rooms[Int(message.page) - 1]
    let presence = DevicePresence(
      status: status, statusTurn: message.statusTurn, customStatus: message.customStatus,
      customEmoji: message.customEmoji, wordsTurn: message.wordsTurn,
      kind: kind, rooms: rooms, typing: typing, page: page, pageTurn: message.pageTurn)
    self.init(
      version: version, presence: presence,
      wantsAcknowledgement: message.wantsAcknowledgement, heads: message.heads,
      // What a newer version may mean is more than this one understands: nobody is told.
      hearsay: UInt8(exactly: message.hearsay).flatMap(Hearsay.init(rawValue:)) ?? .nobody)
  }
}

extension CursorUpdate {
  fileprivate var message: PBCursorUpdate {
    .with {
      $0.room = room.name
      $0.version = version.message
      if let position { $0.position = position.message }
    }
  }

  fileprivate init?(_ message: PBCursorUpdate) {
    guard let room = RoomID(message.room), message.hasVersion, let version = PresenceVersion(message.version) else {
      return nil
    }
    var position: CursorPosition?
    if message.hasPosition {
      guard let decoded = CursorPosition(message.position) else { return nil }
      position = decoded
    }
    self.init(room: room, version: version, position: position)
  }
}

extension CursorPosition {
  fileprivate var message: PBPosition {
    .with {
      if let line { $0.line = line }
      if let column { $0.column = column }
      if let selection {
        $0.selection = .with {
          $0.startLine = selection.startLine
          $0.startColumn = selection.startColumn
          $0.endLine = selection.endLine
          $0.endColumn = selection.endColumn
        }
      }
      if let pointer {
        $0.pointer = .with {
          $0.anchor = pointer.anchor
          $0.x = UInt32(pointer.x)
          $0.y = UInt32(pointer.y)
        }
      }
      $0.payload = payload
    }
  }

  fileprivate init?(_ message: PBPosition) {
    guard message.payload.utf8.count <= Limits.cursorPayloadBytes else { return nil }
    self.init(
      line: message.hasLine ? message.line : nil, column: message.hasColumn ? message.column : nil,
      payload: message.payload)
    if message.hasSelection {
      let told = message.selection
      selection = Selection(
        startLine: told.startLine, startColumn: told.startColumn, endLine: told.endLine, endColumn: told.endColumn)
    }
    if message.hasPointer {
      guard message.pointer.anchor.utf8.count <= Limits.anchorBytes, let x = UInt16(exactly: message.pointer.x),
        let y = UInt16(exactly: message.pointer.y)
      else { return nil }
      pointer = Pointer(anchor: message.pointer.anchor, x: x, y: y)
    }
  }
}
