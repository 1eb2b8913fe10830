import BullpenCore
import BullpenStore
import Foundation
import Testing

/// The files of one database at one moment, as a hand on the disk leaves them.
struct Disk {
  static let parts = ["", "-wal", ".heads"]
  let path: String
  var files: [String: [UInt8]] = [:]

  /// As they are now, also while a store has them open: what a crash in this moment leaves.
  init(_ path: String) {
    self.path = path
    for part in Self.parts {
      if let data = FileManager.default.contents(atPath: path + part) { files[part] = Array(data) }
    }
  }

  var database: [UInt8] {
    get { files[""] ?? [] }
    set { files[""] = newValue }
  }
  var wal: [UInt8] {
    get { files["-wal"] ?? [] }
    set { files["-wal"] = newValue }
  }

  /// Puts these bytes into the same files: nothing but their content tells that they are others.
  func put() throws {
    try? FileManager.default.removeItem(atPath: path + "-shm")
    for part in Self.parts {
      guard let bytes = files[part] else {
        try? FileManager.default.removeItem(atPath: path + part)
        continue
      }
      if let handle = FileHandle(forWritingAtPath: path + part) {
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
      } else {
        try Data(bytes).write(to: URL(fileURLWithPath: path + part))
      }
    }
  }

  /// The kinds of pages that the database has, by their first byte; overflow and free pages are of kind 0.
  var pages: [UInt8: [Int]] {
    var pages: [UInt8: [Int]] = [:]
    for page in 0..<(database.count / 4_096) {
      let kind = database[page * 4_096 + (page == 0 ? 100 : 0)]
      pages[[2, 5, 10, 13].contains(kind) ? kind : 0, default: []].append(page)
    }
    return pages
  }
}

extension Office {
  /// Two people with some history on their disks, each with all of the other's.
  static func withHistory(_ rows: Int = 40) throws -> Office {
    let office = try Office(onDisk: true)
    let ada = try office.store("ada")
    let bob = try office.join("bob")
    for number in 0..<rows {
      let text = "\(number) " + String(repeating: "tide ", count: number % 7 * 40)
      _ = try ada.commit(Draft(office.activity("ada", text)), wall: office.wall)
      _ = try bob.commit(Draft(office.notification(from: "bob", to: ["ada"], title: "\(number)")), wall: office.wall)
      office.wall += 7
    }
    _ = try ada.commit(Draft(office.setting("ada", "a", "kept")), wall: office.wall)
    // Received as one long segment, which needs pages beside its own.
    try office.settle()
    return office
  }

  func verify(_ name: String) throws -> Verification {
    try Store.verify(path(name), prover: prover, wall: wall)
  }

  /// Rebuilds a closed database.
  func repair(_ name: String, wall: Int64? = nil) throws -> Repair {
    try Store.repair(
      path(name), author: author(name), workspace: founder.workspace, surroundings: here, prover: prover,
      wall: wall ?? self.wall)
  }

  /// Rebuilds a closed database and opens it.
  @discardableResult
  func mend(_ name: String) throws -> Repair {
    let repair = try repair(name)
    try restart(name)
    if repair.knowsItself { #expect(try verify(name).findings == []) }
    return repair
  }

  /// What bob has comes to ada, and all is as it was.
  func heal(_ comment: Comment, location: SourceLocation = #_sourceLocation) throws {
    let (ada, bob) = (try store("ada"), try store("bob"))
    try send(from: bob, to: ada)
    try send(from: ada, to: bob)
    try expectAgreement(comment, location: location)
    #expect(try ada.forks().isEmpty && bob.forks().isEmpty, comment, sourceLocation: location)
    #expect(try verify("ada").findings == [], comment, sourceLocation: location)
  }
}
