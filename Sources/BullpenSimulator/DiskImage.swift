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
  var files: [String: Data] = [:]

  init(_ path: String) {
    self.path = path
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

extension DiskImage {
  /// Makes another database of it, which knows nothing of the place that it comes from.
  func write(to path: String) throws {
    for (part, bytes) in files { try bytes.write(to: URL(fileURLWithPath: path + part)) }
  }
}

extension Simulation {
  func location(of index: Int) -> StoreLocation {
    plan.onFiles.contains(index) ? fileLocation(of: index) : .memory
  }

  func fileLocation(of index: Int) -> StoreLocation {
    folder.map { .file("\($0.path)/\(index).db") } ?? .memory
  }
}

extension SimulatedNode {
  func takeImage() {
    guard case .file(let path) = location, store != nil else { return }
    image = DiskImage(path)
  }

  /// What this machine alone had since the image was taken is gone.
  func putBack() {
    guard let image, let before = store, !isAsleep else { return }
    crash(isSilent: false)
    do {
      let stakes = simulation.stakes(on: self)
      try before.close()
      try image.put()
      try reopen()
      simulation.settle(stakes, on: self)
      start()
    } catch {
      simulation.findings.append("\(name) cannot go on with a disk that was put back: \(error)")
    }
  }
}
