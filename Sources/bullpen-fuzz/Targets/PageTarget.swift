import BullpenStore
import Foundation

/// The bytes of a damaged database, as they are read without SQLite: 4 bytes that say how many of the others are the file;
/// what comes after is its WAL.
final class PageTarget: FuzzTarget {
  static let name = "page"
  static let form = InputForm.bytes
  /// Page types, and the beginnings of a file and of a WAL.
  static let words: [[UInt8]] = [
    [2], [5], [10], [13], Array("SQLite format 3\0".utf8), [0x37, 0x7f, 0x06, 0x82], [0x10, 0], [0x02, 0], [0, 1],
    [0xff, 0xff, 0xff, 0x7f], [0x81, 0x80, 0], [0, 0, 0, 2],
  ]

  private let disk: WornDisk

  init() throws { disk = try WornDisk() }

  deinit { disk.remove() }

  static func seeds() -> [[UInt8]] {
    guard let disk = try? WornDisk() else { return [] }
    func input(_ database: some Sequence<UInt8>, _ wal: some Sequence<UInt8>) -> [UInt8] {
      let database = Array(database)
      return UInt64(database.count).bigEndianBytes.suffix(4) + database + Array(wal)
    }
    let pages = stride(from: 0, to: disk.database.count, by: WornDisk.pageBytes).map {
      disk.database[$0..<min(disk.database.count, $0 + WornDisk.pageBytes)]
    }
    // Empty pages and such as only lead to others teach little.
    return pages.filter { [2, 10, 13].contains($0.first ?? 0) && $0.dropFirst(3).prefix(2).contains { $0 > 0 } }.map {
      input($0, [])
    } + [
      input(disk.database.prefix(60_000), []), input([], disk.wal.prefix(60_000)),
      input(pages[0], disk.wal.prefix(60_000)),
    ]
  }

  func run(_ bytes: [UInt8]) throws -> String {
    let rest = Array(bytes.dropFirst(4))
    let told = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    let count = min(told, rest.count)
    try disk.put(Array(rest[..<count]), Array(rest[count...]))
    guard let carver = PageCarver(disk.path) else { return "nothing" }
    var (turns, records, largest, kinds) = (0, 0, 0, Set<Int>())
    try carver.forEachRecord { page in
      turns += 1
      guard page < carver.pages else { return turns = .max / 2 }
    } _: { record in
      records += 1
      kinds.insert(min(record.count, 9))
      let size = record.reduce(0) { size, value in
        switch value {
        case .text(let bytes), .blob(let bytes): size + bytes.count
        case .null, .integer, .real: size
        }
      }
      largest = max(largest, size)
    }
    try require(turns == carver.pages, "it looks at \(turns) of \(carver.pages) pages")
    try require(largest <= PageCarver.recordBytes, "a record of \(largest) bytes")
    return "\(min(carver.pages, 20)) pages, \(min(records, 64)) records of \(kinds.sorted()), \(largest / 1_024) KiB"
  }
}
