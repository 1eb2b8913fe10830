import BullpenCore
import BullpenStore
import Foundation

/// A folder of its own for databases that are files.
final class DiskFolder {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("bullpen-\(UUID().uuidString)").path

  init?() {
    guard (try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)) != nil else {
      return nil
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// The files of one database at one moment.
struct DiskImage {
  private static let parts = ["", "-wal", ".heads"]
  private let path: String
  private var files: [String: Data] = [:]
  /// What was acknowledged and sent by then.
  let ledger: (acknowledged: Int, sent: Int)

  init(_ path: String, _ ledger: Ledger) {
    self.path = path
    self.ledger = (ledger.acknowledged.count, ledger.sent.count)
    for part in Self.parts { files[part] = FileManager.default.contents(atPath: path + part) }
  }

  /// Writes into the same files: nothing but their content tells that they are others.
  func put() throws {
    try? FileManager.default.removeItem(atPath: path + "-shm")
    for part in Self.parts {
      guard let handle = FileHandle(forWritingAtPath: path + part) else {
        try files[part]?.write(to: URL(fileURLWithPath: path + part))
        continue
      }
      try handle.truncate(atOffset: 0)
      try handle.write(contentsOf: files[part] ?? Data())
      try handle.close()
    }
  }
}

extension Simulation {
  func location(of index: Int) -> StoreLocation {
    guard let folder, plan.imaged.contains(index) else { return .memory }
    return .file("\(folder.path)/\(index).db")
  }
}

extension SimulatedNode {
  func takeImage() {
    guard case .file(let path) = location, store != nil else { return }
    image = DiskImage(path, simulation.ledger)
  }

  /// What the person wrote since the image was taken is gone, but for what others have of it.
  func putBack() {
    guard let image, let before = store, !isAsleep else { return }
    crash(isSilent: false)
    do {
      try before.close()
      try image.put()
      let store = try Store.open(
        at: location, author: author, surroundings: Self.here, prover: simulation.prover, random: random.fork(),
        wall: instant.wall)
      use(store)
      disk?.failures = simulation.isCalm ? 0 : simulation.plan.diskFailures
      simulation.ledger.forget(name, since: image.ledger)
      start()
    } catch {
      simulation.findings.append("\(name) cannot go on with a disk that was put back: \(error)")
    }
  }
}

extension Ledger {
  /// A node may have lost what it was told is on disk.
  fileprivate mutating func forget(_ node: String, since image: (acknowledged: Int, sent: Int)) {
    acknowledged = acknowledged.enumerated().filter { $0 < image.acknowledged || $1.node != node }.map(\.element)
    for place in sent.indices.dropFirst(image.sent) where sent[place].node == node {
      sent[place].isAcknowledged = false
    }
  }
}
