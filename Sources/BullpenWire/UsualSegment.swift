import BullpenCore

// Segments in the form in which they are written here; see `FieldReader`. What the store keeps and what connections
// carry most is written without the library too: a history of a million changes is read and written as a whole.
extension Segment {
  /// - Parameter bytes: a whole message.
  init?(usual bytes: UnsafeRawBufferPointer) {
    var reader = FieldReader(bytes)
    guard reader.takes(0x0a), let log = reader.bytesOfContent().flatMap(LogID.init(usual:)), reader.takes(0x10),
      let first = reader.varint(), WireRange.sequences.contains(first)
    else { return nil }
    var previous = Digest.zero
    if first > 1 {
      guard reader.takes(0x1a), let digest = reader.bytesOfContent().flatMap({ Digest(bytes: $0) }) else { return nil }
      previous = digest
    }
    var entries: [Entry] = []
    while reader.takes(0x22) {
      guard entries.count < Limits.segmentEntries, let entry = reader.bytesOfContent().flatMap(Entry.init(usual:))
      else {
        return nil
      }
      entries.append(entry)
    }
    guard !entries.isEmpty, reader.takes(0x2a),
      let signature = reader.bytesOfContent().flatMap({ Signature(bytes: $0) }),
      reader.isAtEnd, WireRange.holds(first, count: entries.count)
    else { return nil }
    self.init(log: log, first: first, previous: previous, entries: entries, signature: signature)
  }

  /// How many bytes `write` writes.
  var size: Int {
    let log = FieldWriter.size(content: LogID.size)
    let fixed = 1 + log + (first == 0 ? 0 : 1 + FieldWriter.size(first)) + (first > 1 ? 34 : 0) + 66
    return entries.reduce(fixed) { $0 + 1 + FieldWriter.size(content: $1.size) }
  }

  func write(to writer: inout FieldWriter) {
    writer.byte(0x0a)
    writer.varint(UInt64(LogID.size))
    log.write(to: &writer)
    if first != 0 {
      writer.byte(0x10)
      writer.varint(first)
    }
    if first > 1 {
      writer.byte(0x1a)
      writer.content(previous.bytes)
    }
    for entry in entries {
      writer.byte(0x22)
      writer.varint(UInt64(entry.size))
      entry.write(to: &writer)
    }
    writer.byte(0x2a)
    writer.content(signature.bytes)
  }
}

extension Entry {
  fileprivate init?(usual bytes: UnsafeRawBufferPointer) {
    var reader = FieldReader(bytes)
    var (time, expiry) = (Int64(0), Int64(0))
    if reader.takes(0x09) {
      guard let read = reader.fixed64(), read >= 0 else { return nil }
      time = read
    }
    if reader.takes(0x10) {
      guard let read = reader.varint().flatMap({ Int64(exactly: $0) }), WireRange.moments.contains(read) else {
        return nil
      }
      expiry = read
    }
    let payload: Payload
    if reader.takes(0x1a) {
      guard let content = reader.bytesOfContent(), content.count <= Limits.changeBytes else { return nil }
      payload = .present(Array(content))
    } else {
      guard reader.takes(0x22), let digest = reader.bytesOfContent().flatMap({ Digest(bytes: $0) }) else { return nil }
      payload = .absent(digest)
    }
    guard reader.isAtEnd else { return nil }
    self.init(time: HybridTime(raw: time), expiry: expiry, payload: payload)
  }

  fileprivate var size: Int {
    let stamps = (time.raw == 0 ? 0 : 9) + (expiry == 0 ? 0 : 1 + FieldWriter.size(UInt64(bitPattern: expiry)))
    return switch payload {
    case .present(let bytes): stamps + 1 + FieldWriter.size(content: bytes.count)
    case .absent: stamps + 34
    }
  }

  fileprivate func write(to writer: inout FieldWriter) {
    if time.raw != 0 {
      writer.byte(0x09)
      writer.fixed64(time.raw)
    }
    if expiry != 0 {
      writer.byte(0x10)
      writer.varint(UInt64(bitPattern: expiry))
    }
    switch payload {
    case .present(let bytes):
      writer.byte(0x1a)
      writer.content(bytes)
    case .absent(let digest):
      writer.byte(0x22)
      writer.content(digest.bytes)
    }
  }
}

extension LogID {
  /// Device 32, incarnation 16 and kind, each with its key, the first two with their lengths.
  fileprivate static let size = 34 + 18 + 2

  fileprivate init?(usual bytes: UnsafeRawBufferPointer) {
    var reader = FieldReader(bytes)
    guard reader.takes(0x0a), let device = reader.bytesOfContent().flatMap({ DeviceID(bytes: $0) }), reader.takes(0x12),
      let incarnation = reader.bytesOfContent().flatMap({ Incarnation(bytes: $0) }), reader.takes(0x18),
      let kind = reader.varint().flatMap({ UInt32(exactly: $0) }).flatMap(LogKind.init(wire:)), reader.isAtEnd
    else { return nil }
    self.init(device: device, incarnation: incarnation, kind: kind)
  }

  fileprivate func write(to writer: inout FieldWriter) {
    writer.byte(0x0a)
    writer.content(device.bytes)
    writer.byte(0x12)
    writer.content(incarnation.bytes)
    writer.byte(0x18)
    writer.varint(UInt64(kind.rawValue))
  }
}

extension SegmentBatch {
  /// A message that is nothing but segments.
  init?(usual bytes: [UInt8]) {
    let segments: [Segment]? = bytes.withUnsafeBytes { bytes in
      var message = FieldReader(bytes)
      guard message.takes(0x4a), let batch = message.bytesOfContent(), message.isAtEnd else { return nil }
      var reader = FieldReader(batch)
      var segments: [Segment] = []
      while !reader.isAtEnd {
        guard reader.takes(0x0a), segments.count < Limits.segmentEntries,
          let segment = reader.bytesOfContent().flatMap(Segment.init(usual:))
        else { return nil }
        segments.append(segment)
      }
      return segments.isEmpty ? nil : segments
    }
    guard let segments else { return nil }
    self.init(segments: segments)
  }

  /// The message that carries it.
  var bytes: [UInt8] {
    let sizes = segments.map(\.size)
    let size = sizes.reduce(0) { $0 + 1 + FieldWriter.size(content: $1) }
    return FieldWriter.bytes(1 + FieldWriter.size(content: size)) { writer in
      writer.byte(0x4a)
      writer.varint(UInt64(size))
      for (segment, size) in zip(segments, sizes) {
        writer.byte(0x0a)
        writer.varint(UInt64(size))
        segment.write(to: &writer)
      }
    }
  }
}
