import Foundation

/// Reads the rows of a SQLite file without SQLite: page by page, each by itself, with no word of the file's header or
/// of the pages above believed. What lies on a page that is whole is found, whatever became of the others.
///
/// The format (https://www.sqlite.org/fileformat2.html, 1.6 and 4.1):
///
///     page      type 1 (13 a leaf of a table, 10 of an index, 2 above one) ‖ … ‖ cells 2 at 3 ‖ places 2 each at 8 or 12
///     cell      [page 4 above a leaf] ‖ size varint ‖ [rowid varint in a table] ‖ content ‖ [first overflow page 4]
///     overflow  next page 4 ‖ content
///     WAL       magic 4 ‖ version 4 ‖ page size 4 ‖ … 32 in all, then frames: page 4 ‖ … 24 in all ‖ the page
package struct PageCarver {
  package typealias Record = [Value]

  package enum Value: Hashable {
    case null
    case integer(Int64)
    case real
    case text([UInt8])
    case blob([UInt8])

    var blob: [UInt8]? { if case .blob(let bytes) = self { bytes } else { nil } }
    var text: [UInt8]? { if case .text(let bytes) = self { bytes } else { nil } }
    var integer: Int64? { if case .integer(let integer) = self { integer } else { nil } }
  }

  /// A change is far smaller, and so is a segment; a page that says more is broken.
  package static let recordBytes = 1 << 20

  private let main: FileBytes?
  private let wal: FileBytes?
  private let pageSize: Int
  /// Where the newest image of a page is in the WAL.
  private var newest: [UInt32: Int] = [:]
  private var frames: [Int] = []

  /// Nil where there is neither file nor WAL.
  package init?(_ path: String) {
    main = FileBytes(path)
    wal = FileBytes(path + "-wal")
    guard main != nil || wal != nil else { return nil }
    let inWAL = wal?.read(8, 4).flatMap { Self.integer($0, 0, 4) } ?? 0
    let inMain = main?.read(16, 2).flatMap { Self.integer($0, 0, 2) } ?? 0
    let told = [inMain, inWAL].first { $0 >= 512 && $0 <= 65_536 && $0 & ($0 - 1) == 0 }
    // What every database of ours has.
    pageSize = told ?? 4_096
    guard let wal else { return }
    for place in stride(from: 32, through: wal.size - 24 - pageSize, by: 24 + pageSize) {
      guard let page = wal.read(place, 4).flatMap({ Self.integer($0, 0, 4) }) else { continue }
      frames.append(place + 24)
      newest[UInt32(page)] = place + 24
    }
  }

  /// How many pages there are to look at, in file and WAL.
  package var pages: Int { (main?.size ?? 0) / pageSize + frames.count }

  /// Every record that is found, some more than once, some long deleted.
  ///
  /// - Parameter turn: called for every page, with its place among `pages`.
  package func forEachRecord(turn: (Int) -> Void, _ visit: (Record) throws -> Void) throws {
    var place = 0
    if let main {
      for page in 0..<(main.size / pageSize) {
        turn(place)
        place += 1
        if let bytes = main.read(page * pageSize, pageSize) { try cells(bytes, isFirst: page == 0, visit) }
      }
    }
    for frame in frames {
      turn(place)
      place += 1
      if let bytes = wal?.read(frame, pageSize) { try cells(bytes, isFirst: false, visit) }
    }
  }

  // MARK: - Pages

  private func cells(_ page: [UInt8], isFirst: Bool, _ visit: (Record) throws -> Void) throws {
    let start = isFirst ? 100 : 0
    let type = page[start]
    guard [2, 10, 13].contains(type), let count = Self.integer(page, start + 3, 2) else { return }
    let header = start + (type == 2 ? 12 : 8)
    guard header + 2 * count <= page.count else { return }
    // Cells do not overlap, and each is read at most twice. A broken page may have hundreds lead into the same long chain.
    var taken = 0
    for cell in 0..<count where taken <= 4 * page.count {
      guard var place = Self.integer(page, header + 2 * cell, 2), place >= header, place < page.count else { continue }
      if type == 2 { place += 4 }
      guard let size = Self.varint(page, &place), size > 0, size <= Self.recordBytes else { continue }
      if type == 13, Self.varint(page, &place) == nil { continue }
      // Of a page that is in the WAL too, a chain may go on there or in the file.
      for isNewest in [true, false] {
        var end = place
        guard let content = content(page, &end, Int(size), isTable: type == 13, isNewest: isNewest) else { continue }
        taken += end - place
        if let record = Self.record(content) { try visit(record) }
        if content.count <= page.count, newest.isEmpty { break }
      }
    }
  }

  /// What a cell holds, with what stands on other pages; nil where one of them is not to be had.
  ///
  /// - Parameter place: moved to the end of what stands on this page.
  private func content(_ page: [UInt8], _ place: inout Int, _ size: Int, isTable: Bool, isNewest: Bool) -> [UInt8]? {
    let usable = pageSize
    let most = isTable ? usable - 35 : (usable - 12) * 64 / 255 - 23
    let least = (usable - 12) * 32 / 255 - 23
    guard size > most else {
      guard place + size <= page.count else { return nil }
      place += size
      return Array(page[place - size..<place])
    }
    let fitting = least + (size - least) % (usable - 4)
    let local = fitting <= most ? fitting : least
    guard place + local + 4 <= page.count, var next = Self.integer(page, place + local, 4) else { return nil }
    var content = Array(page[place..<place + local])
    place += local + 4
    while content.count < size {
      guard next > 0, let bytes = image(UInt32(next), isNewest: isNewest) else { return nil }
      content += bytes[4..<min(bytes.count, 4 + size - content.count)]
      next = Self.integer(bytes, 0, 4) ?? 0
    }
    return content
  }

  private func image(_ page: UInt32, isNewest: Bool) -> [UInt8]? {
    if isNewest, let place = newest[page] { return wal?.read(place, pageSize) }
    return main?.read((Int(page) - 1) * pageSize, pageSize)
  }

  // MARK: - Records

  private static func record(_ bytes: [UInt8]) -> Record? {
    var place = 0
    guard let header = varint(bytes, &place), header <= bytes.count else { return nil }
    var content = Int(header)
    var record: Record = []
    while place < Int(header) {
      guard let type = varint(bytes, &place), record.count < 100 else { return nil }
      let size: Int
      switch type {
      case 0, 8, 9: size = 0
      case 1...4: size = Int(type)
      case 5: size = 6
      case 6, 7: size = 8
      case 12...: size = Int((type - 12) / 2)
      default: return nil
      }
      guard size <= bytes.count - content else { return nil }
      switch type {
      case 0: record.append(.null)
      case 7: record.append(.real)
      case 8, 9: record.append(.integer(type == 9 ? 1 : 0))
      case 1...6:
        let isNegative = bytes[content] & 0x80 != 0
        record.append(.integer(bytes[content..<content + size].reduce(isNegative ? -1 : 0) { $0 << 8 | Int64($1) }))
      default:
        let value = Array(bytes[content..<content + size])
        record.append(type % 2 == 0 ? .blob(value) : .text(value))
      }
      content += size
    }
    return content == bytes.count ? record : nil
  }

  private static func integer(_ bytes: [UInt8], _ place: Int, _ count: Int) -> Int? {
    guard place >= 0, place + count <= bytes.count else { return nil }
    return bytes[place..<place + count].reduce(0) { $0 << 8 | Int($1) }
  }

  /// SQLite's own: up to nine bytes, the first seven bits of each first.
  private static func varint(_ bytes: [UInt8], _ place: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for step in 0..<9 {
      guard place < bytes.count else { return nil }
      let byte = bytes[place]
      place += 1
      if step == 8 { return value << 8 | UInt64(byte) }
      value = value << 7 | UInt64(byte & 0x7f)
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }
}

/// A file of which some parts may not be readable.
private final class FileBytes {
  private let descriptor: Int32
  let size: Int

  init?(_ path: String) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    size = Int(lseek(descriptor, 0, SEEK_END))
  }

  deinit { close(descriptor) }

  /// Nil where the disk does not give it, or the file ends before.
  func read(_ place: Int, _ count: Int) -> [UInt8]? {
    guard place >= 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    return pread(descriptor, &bytes, count, off_t(place)) == count ? bytes : nil
  }
}
