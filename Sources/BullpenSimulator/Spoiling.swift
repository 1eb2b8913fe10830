import BullpenCore
import BullpenStore
import Foundation

/// What a bad disk does to a database that nobody has open.
struct Spoiling {
  private enum Way: CaseIterable {
    case bits, end, logBits, logEnd, noLog, nothing
  }

  private let way: Way
  private var dice: SeededRandomness

  init(luck: UInt64) {
    dice = SeededRandomness(seed: luck)
    way = dice.pick(Way.allCases)
  }

  var words: String {
    switch way {
    case .bits: "some bits have flipped"
    case .end: "its end is gone"
    case .logBits: "some bits of its WAL have flipped"
    case .logEnd: "the end of its WAL is gone"
    case .noLog: "its WAL is gone"
    case .nothing: "nothing is left of it"
    }
  }

  func spoil(_ image: inout DiskImage) {
    var dice = dice
    switch way {
    case .bits: Self.flip(&image.files["", default: Data()], &dice)
    case .end: Self.cut(&image.files["", default: Data()], &dice)
    case .logBits: Self.flip(&image.files["-wal", default: Data()], &dice)
    case .logEnd: Self.cut(&image.files["-wal", default: Data()], &dice)
    case .noLog: image.files["-wal"] = Data()
    case .nothing:
      image.files[""] = Data()
      image.files["-wal"] = Data()
    }
  }

  private static func flip(_ bytes: inout Data, _ dice: inout SeededRandomness) {
    guard !bytes.isEmpty else { return }
    for _ in 0...dice.below(40) { bytes[dice.below(bytes.count)] ^= 1 << UInt8(dice.below(8)) }
  }

  private static func cut(_ bytes: inout Data, _ dice: inout SeededRandomness) {
    guard !bytes.isEmpty else { return }
    bytes = bytes.prefix(dice.below(bytes.count))
  }
}

extension SimulatedNode {
  /// The process crashes, and its database is spoilt. Until the person has had it rebuilt, nothing runs. It does not befall
  /// the last who can tell what office this is: nobody could help.
  func spoil(_ spoiling: Spoiling) {
    guard case .file(let path) = location, let store, !isAsleep,
      simulation.staying.contains(where: { $0 !== self && $0.store?.member != nil })
    else { return }
    crash(isSilent: true)
    spoilt = simulation.stakes(on: self)
    do {
      // As it is after a power cut: what was written last is in the WAL.
      var disk = DiskImage(path)
      try store.close()
      spoiling.spoil(&disk)
      try disk.put()
    } catch {
      simulation.findings.append("\(name)'s database could not be spoilt: \(error)")
    }
    self.store = nil
    disk = nil
  }

  /// `bullpen repair`, and a start.
  func mend() {
    guard let stakes = spoilt, case .file(let path) = location else { return }
    spoilt = nil
    do {
      _ = try Store.repair(
        path, author: author, workspace: simulation.workspace, surroundings: Self.here, prover: simulation.prover,
        wall: instant.wall, tables: tables)
      try reopen()
      simulation.settle(stakes, on: self)
      start()
    } catch {
      simulation.findings.append("\(name)'s database cannot be rebuilt: \(error)")
    }
  }
}
