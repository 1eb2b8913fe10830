import BullpenCore
import BullpenCrypto
import BullpenStore

/// A damaged database, from which another is built. Fields: 1 bytes that stand in it, 2 where the next of them begin, as
/// a place in file and WAL, 3 a place at which the file ends, 4 one at which the WAL does.
final class RepairTarget: FuzzTarget {
  static let name = "repair"
  static let form = InputForm.protobuf
  static let words: [[UInt8]] = PageTarget.words

  private let disk: WornDisk

  init() throws { disk = try WornDisk() }

  deinit { disk.remove() }

  static func seeds() -> [[UInt8]] {
    guard let disk = try? WornDisk() else { return [] }
    let bytes = disk.database + disk.wal
    // Each page as it is, a few together: what is changed in one is all that is broken.
    let pages = stride(from: 0, to: bytes.count, by: WornDisk.pageBytes * 4).map { place in
      Script.number(2, UInt64(place)) + Script.part(1, Array(bytes[place...].prefix(WornDisk.pageBytes * 4)))
    }
    return pages + [
      Script.number(3, 0), Script.number(3, UInt64(disk.database.count / 2)), Script.number(4, 0),
      Script.number(4, UInt64(disk.wal.count / 2)),
      Script.number(3, 4_000) + Script.number(4, UInt64(disk.wal.count - 1)),
    ]
  }

  func run(_ bytes: [UInt8]) throws -> String {
    var (database, wal) = (disk.database, disk.wal)
    var place = 0
    for part in Script.parts(bytes).prefix(16) {
      switch part {
      case .bytes(1, let piece):
        let inDatabase = max(0, min(piece.count, database.count - place))
        overwrite(&database, place, piece[..<inDatabase])
        overwrite(&wal, max(0, place - database.count), piece[inDatabase...])
        place += piece.count
      case .number(2, let number): place = Int(number % UInt64(database.count + wal.count + 1))
      case .number(3, let number): database.removeSubrange(Int(number % UInt64(database.count + 1))...)
      case .number(4, let number): wal.removeSubrange(Int(number % UInt64(wal.count + 1))...)
      default: break
      }
    }
    disk.remove()
    try disk.put(database, wal)
    let cast = disk.cast
    let repair: Repair
    do {
      repair = try Store.repair(
        disk.path, author: cast.ada, workspace: cast.workspace, surroundings: Cast.surroundings,
        prover: Cast.prover,
        wall: Cast.wall)
    } catch let error as StoreError {
      return "\(error.code)"
    }
    // Whose device this is may have gone with the statements; then they come from peers.
    guard repair.knowsItself else { return "\(repair.statements) statements" }
    let found = try Store.verify(disk.path, prover: Cast.prover, wall: Cast.wall)
    try require(found.isClean, "what was repaired is damaged: \(found.findings.map(\.text))")
    let store = try WornDisk.open(disk.path, cast)
    defer { try? store.close() }
    for (log, head) in try store.heads().sorted {
      // What it wrote behind a broken place it writes once more, elsewhere.
      let isRewritten = log.device == cast.ada.device.id && disk.heads[log].sequence == 0
      if isRewritten, repair.rewritten > 0, head.sequence <= repair.rewritten { continue }
      let known = disk.heads[log]
      try require(head.sequence <= known.sequence, "an entry that nobody wrote is believed")
      try require(head.sequence < known.sequence || head == known, "another history is believed than was written")
    }
    let kept = try disk.heads.sorted.map { try store.heads()[$0.log].sequence }
    return "\(repair.statements) statements, \(kept), \(repair.peers) peers, \(repair.isNewIncarnation)"
  }

  /// What is there is changed; nothing grows.
  private func overwrite(_ bytes: inout [UInt8], _ place: Int, _ piece: ArraySlice<UInt8>) {
    guard place < bytes.count else { return }
    let room = piece.prefix(bytes.count - place)
    bytes.replaceSubrange(place..<place + room.count, with: room)
  }
}
