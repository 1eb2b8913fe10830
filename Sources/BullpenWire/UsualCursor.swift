import BullpenCore

// Cursors in the form in which they are written here; see `FieldReader`. Of all datagrams they come most often.
extension CursorUpdate {
  /// - Parameter bytes: a whole `Datagram`.
  init?(usual bytes: UnsafeRawBufferPointer) {
    var datagram = FieldReader(bytes)
    guard datagram.takes(0x2a), let content = datagram.bytesOfContent(), datagram.isAtEnd else { return nil }
    var reader = FieldReader(content)
    guard reader.takes(0x0a), let room = reader.text().flatMap({ RoomID($0) }), reader.takes(0x12),
      let version = reader.bytesOfContent().flatMap(PresenceVersion.init(usual:))
    else { return nil }
    var position: CursorPosition?
    if reader.takes(0x1a) {
      guard let read = reader.bytesOfContent().flatMap(CursorPosition.init(usual:)) else { return nil }
      position = read
    }
    guard reader.isAtEnd else { return nil }
    self.init(room: room, version: version, position: position)
  }
}

extension PresenceVersion {
  fileprivate init?(usual bytes: UnsafeRawBufferPointer) {
    var reader = FieldReader(bytes)
    var (session, counter) = (Int64(0), UInt64(0))
    if reader.takes(0x09) {
      guard let read = reader.fixed64(), WireRange.moments.contains(read) else { return nil }
      session = read
    }
    if reader.takes(0x10) {
      guard let read = reader.varint(), WireRange.counters.contains(read) else { return nil }
      counter = read
    }
    guard reader.isAtEnd else { return nil }
    self.init(session: session, counter: counter)
  }
}

extension CursorPosition {
  fileprivate init?(usual bytes: UnsafeRawBufferPointer) {
    var reader = FieldReader(bytes)
    self.init()
    if reader.takes(0x08) {
      guard let read = reader.word() else { return nil }
      line = read
    }
    if reader.takes(0x10) {
      guard let read = reader.word() else { return nil }
      column = read
    }
    if reader.takes(0x1a) {
      guard let read = reader.bytesOfContent().flatMap(Selection.init(usual:)) else { return nil }
      selection = read
    }
    if reader.takes(0x22) {
      guard let read = reader.bytesOfContent().flatMap(Pointer.init(usual:)) else { return nil }
      pointer = read
    }
    if reader.takes(0x2a) {
      guard let read = reader.text(), read.utf8.count <= Limits.cursorPayloadBytes else { return nil }
      payload = read
    }
    guard reader.isAtEnd else { return nil }
  }
}

extension CursorPosition.Selection {
  fileprivate init?(usual bytes: UnsafeRawBufferPointer) {
    var reader = FieldReader(bytes)
    guard let startLine = reader.word(after: 0x08), let startColumn = reader.word(after: 0x10),
      let endLine = reader.word(after: 0x18), let endColumn = reader.word(after: 0x20), reader.isAtEnd
    else { return nil }
    self.init(startLine: startLine, startColumn: startColumn, endLine: endLine, endColumn: endColumn)
  }
}

extension CursorPosition.Pointer {
  fileprivate init?(usual bytes: UnsafeRawBufferPointer) {
    var reader = FieldReader(bytes)
    var anchor = ""
    if reader.takes(0x0a) {
      guard let read = reader.text(), read.utf8.count <= Limits.anchorBytes else { return nil }
      anchor = read
    }
    guard let x = reader.word(after: 0x10).flatMap({ UInt16(exactly: $0) }),
      let y = reader.word(after: 0x18).flatMap({ UInt16(exactly: $0) }), reader.isAtEnd
    else { return nil }
    self.init(anchor: anchor, x: x, y: y)
  }
}

extension FieldReader {
  fileprivate mutating func text() -> String? {
    bytesOfContent().flatMap { String(validating: $0, as: UTF8.self) }
  }

  fileprivate mutating func word() -> UInt32? { varint().flatMap { UInt32(exactly: $0) } }

  /// The number under a key; 0 where the key is not next.
  fileprivate mutating func word(after key: UInt8) -> UInt32? { takes(key) ? word() : 0 }
}
