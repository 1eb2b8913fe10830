import BullpenCore

/// When each column of a row was last written: one small blob, so that a merge reads one row and writes one.
///
///     count 1                        columns, in the order of the declaration, which only grows at its end
///     base   time 8 ‖ device varint  the greatest time among the columns (absent when none was written)
///     index  varint                  the place in its change of the first column at the base
///     codes  2 bits a column         0 never written, 1 at the base with the next index,
///                                    2 at the base with its own index, 3 with its own stamp
///     then for each column of code 2: index varint; of code 3: time 8 ‖ device varint ‖ index varint
///
/// Devices are the small numbers under which this file knows them, so the blob never leaves the machine.
struct RowClocks: Hashable {
  struct Clock: Hashable {
    var time: HybridTime
    var device: Int64
    var index: UInt16
  }

  var columns: [Clock?]

  init(columns: [Clock?]) { self.columns = columns }

  static func none(_ count: Int) -> RowClocks { RowClocks(columns: Array(repeating: nil, count: count)) }

  var bytes: [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(32)
    out.append(UInt8(columns.count))
    // Of the greatest time any device would do; the first column's keeps the bytes a function of the clocks.
    var latest: Clock?
    for clock in columns {
      guard let clock else { continue }
      if let known = latest, known.time >= clock.time { continue }
      latest = clock
    }
    guard let base = latest else { return out }
    // The first column with the greatest time is the first with this time and device.
    var next = base.index
    Self.append(base.time, to: &out)
    Varint.append(UInt64(base.device), to: &out)
    Varint.append(UInt64(next), to: &out)
    let codes = out.count
    for _ in 0..<(columns.count + 3) / 4 { out.append(0) }
    for (place, clock) in columns.enumerated() {
      guard let clock else { continue }
      let code: UInt8
      if clock.time != base.time || clock.device != base.device {
        code = 3
        Self.append(clock.time, to: &out)
        Varint.append(UInt64(clock.device), to: &out)
        Varint.append(UInt64(clock.index), to: &out)
      } else if clock.index == next {
        code = 1
        next &+= 1
      } else {
        code = 2
        Varint.append(UInt64(clock.index), to: &out)
      }
      out[codes + place / 4] |= code << UInt8(place % 4 * 2)
    }
    return out
  }

  private static func append(_ time: HybridTime, to bytes: inout [UInt8]) {
    for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: time.raw >> shift)) }
  }

  /// Nil for bytes that are not such a blob. Columns that were declared after the row was written are absent.
  init?(bytes: some Collection<UInt8>, count: Int) {
    guard let clocks = Array(bytes).withUnsafeBytes({ RowClocks($0, count: count) }) else { return nil }
    self = clocks
  }

  init?(_ bytes: UnsafeRawBufferPointer, count: Int) {
    var reader = Varint.Reader(bytes)
    guard let held = reader.byte(), held <= count else { return nil }
    columns = Array(repeating: nil, count: count)
    if reader.isAtEnd { return }
    guard let time = reader.time(), let device = reader.varint(), var next = reader.varint(),
      let codes = reader.bytes((Int(held) + 3) / 4)
    else { return nil }
    for place in 0..<Int(held) {
      switch codes[place / 4] >> UInt8(place % 4 * 2) & 3 {
      case 0: continue
      case 1:
        columns[place] = Clock(time: time, device: Int64(device), index: UInt16(truncatingIfNeeded: next))
        next += 1
      case 2:
        guard let index = reader.varint() else { return nil }
        columns[place] = Clock(time: time, device: Int64(device), index: UInt16(truncatingIfNeeded: index))
      default:
        guard let time = reader.time(), let device = reader.varint(), let index = reader.varint() else { return nil }
        columns[place] = Clock(time: time, device: Int64(device), index: UInt16(truncatingIfNeeded: index))
      }
    }
    guard reader.isAtEnd else { return nil }
  }
}

/// Integers in seven bits a byte, least first, the last without its high bit.
enum Varint {
  static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  struct Reader {
    private let content: UnsafeRawBufferPointer
    private var place = 0

    init(_ bytes: UnsafeRawBufferPointer) { content = bytes }

    var isAtEnd: Bool { place == content.count }

    mutating func byte() -> UInt8? {
      guard place < content.count else { return nil }
      defer { place += 1 }
      return content[place]
    }

    mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer? {
      guard content.count - place >= count else { return nil }
      defer { place += count }
      return UnsafeRawBufferPointer(rebasing: content[place..<place + count])
    }

    mutating func time() -> HybridTime? {
      bytes(8).map { HybridTime(raw: Int64(bigEndian: $0.loadUnaligned(as: Int64.self))) }
    }

    mutating func varint() -> UInt64? {
      var value: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 63, by: 7) {
        guard let byte = byte() else { return nil }
        value |= UInt64(byte & 0x7f) << shift
        if byte & 0x80 == 0 { return value }
      }
      return nil
    }
  }
}
