import BullpenCore
import BullpenCrypto
import BullpenStore
import Foundation
import Testing

@Suite("Opening a file")
struct OpeningTests {
  @Test("a disk that was put into another machine begins a new incarnation, and the old history stays")
  func otherMachine() throws {
    let office = try Office(onDisk: true)
    let ada = try office.store("ada")
    let bob = try office.join("bob")
    _ = try ada.commit(Draft(office.setting("ada", "a", "before")), wall: office.wall)
    let before = ada.incarnation
    let heads = try ada.heads()

    let moved = try office.restart("ada", surroundings: Surroundings(machine: "two"))
    #expect(moved.incarnation != before)
    #expect(try moved.heads() == heads)
    let commit = try moved.commit(Draft(office.setting("ada", "a", "after")), wall: office.wall + 1)
    #expect(commit.heads[0].log.incarnation == moved.incarnation)
    #expect(commit.heads[0].head.sequence == 1)
    try office.settle()
    try office.expectAgreement()
    #expect(try bob.setting(office.member("ada"), "a") == "after")

    let again = try office.restart("ada", surroundings: Surroundings(machine: "two"))
    #expect(again.incarnation == moved.incarnation)
  }

  @Test("a file that was restored from a copy begins a new incarnation")
  func otherFile() throws {
    let office = try Office(onDisk: true)
    let ada = try office.store("ada")
    let before = ada.incarnation
    try ada.close()
    let path = try office.path("ada")
    try FileManager.default.copyItem(atPath: path, toPath: path + ".copy")
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: path + ".copy", toPath: path)
    let restored = try office.open("ada")
    #expect(restored.incarnation != before)
    try restored.close()
  }

  @Test("a database that somebody has is nobody else's until it is closed, also by another way to its folder")
  func locked() throws {
    let office = try Office(onDisk: true)
    let ada = try office.store("ada")
    let path = try office.path("ada")
    let link = (path as NSString).deletingLastPathComponent + "-link"
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: (path as NSString).deletingLastPathComponent)
    defer { try? FileManager.default.removeItem(atPath: link) }
    for way in [path, link + "/" + (path as NSString).lastPathComponent] {
      let error = #expect(throws: StoreError.self) { _ = try office.open("ada", at: way) }
      #expect(error?.code == .busy)
    }
    _ = try ada.commit(Draft(office.setting("ada", "a", "still hers")), wall: office.wall)
    try ada.close()
    try office.open("ada").close()
  }

  @Test("what cannot be opened says why", arguments: Trouble.allCases)
  func trouble(_ trouble: Trouble) throws {
    let office = try Office(onDisk: true)
    let ada = try office.store("ada")
    try office.join("bob")
    try ada.close()
    let path = try office.path("ada")
    let error = try #require(throws: StoreError.self) {
      switch trouble {
      case .missing:
        try FileManager.default.removeItem(atPath: path)
        _ = try office.open("ada")
      case .noDatabase:
        try Data(repeating: 0x41, count: 8_192).write(to: URL(fileURLWithPath: path))
        _ = try office.open("ada")
      case .empty:
        try Data().write(to: URL(fileURLWithPath: path))
        _ = try office.open("ada")
      case .torn:
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seek(toOffset: 4_096)
        try handle.write(contentsOf: Data(repeating: 0xee, count: 64 * 1_024))
        try handle.close()
        let store = try office.open("ada")
        _ = try store.digests(wall: office.wall)
      case .foreignStatement:
        let store = try office.open("ada")
        try store.run("UPDATE node_statements SET body = CAST(x'0a00' || body AS BLOB)")
        try store.close()
        _ = try office.open("ada")
      case .otherDevice:
        _ = try Store.open(
          at: .file(path), author: office.author("bob"), surroundings: office.here, prover: office.prover,
          random: office.fresh(), wall: office.wall)
      case .taken:
        _ = try Store.found(
          at: .file(path), author: office.author("ada"), workspace: "again", memberName: "ada",
          surroundings: office.here, prover: office.prover, random: office.fresh(), wall: office.wall)
      case .noDirectory:
        _ = try Store.found(
          at: .file(path + "/none/such.db"), author: office.author("ada"), workspace: "again", memberName: "ada",
          surroundings: office.here, prover: office.prover, random: office.fresh(), wall: office.wall)
      }
    }
    #expect(error.code == trouble.code)
    #expect(!error.message.isEmpty)
  }

  enum Trouble: CaseIterable {
    case missing, noDatabase, empty, torn, foreignStatement, otherDevice, taken, noDirectory
    var code: StoreError.Code {
      switch self {
      case .missing: .missing
      case .noDatabase, .empty, .torn, .foreignStatement: .damaged
      case .otherDevice: .wrongDevice
      case .taken: .exists
      case .noDirectory: .readOnly
      }
    }
  }

  @Test("the database is for its owner's eyes only, and so are WAL and index")
  func permissions() throws {
    let office = try Office(onDisk: true)
    let path = try office.path("ada")
    for suffix in ["", "-wal", "-shm"] {
      let mode = try FileManager.default.attributesOfItem(atPath: path + suffix)[.posixPermissions] as? Int
      #expect(mode == 0o600, "\(suffix)")
    }
  }

  @Test("who is not in the statements does not join")
  func notAdmitted() throws {
    let office = try Office()
    let stranger = Author(device: DeviceKey(using: &office.random), secret: MemberSecret(using: &office.random))
    let error = try #require(throws: StoreError.self) {
      try Store.join(
        at: .memory, author: stranger, workspace: office.founder.workspace, statements: office.founder.statements(),
        memberName: "mallory", surroundings: office.here, prover: office.prover, random: office.fresh(),
        wall: office.wall)
    }
    #expect(error.code == .notMember)
  }

  @Test("one seed makes one history, to the last digest")
  func determinism() throws {
    let runs = try (0..<2).map { _ in
      let office = try Office(seed: 7)
      try office.join("bob")
      _ = try office.founder.commit(Draft(office.notification(from: "ada", to: ["bob"])), wall: office.wall)
      return try office.founder.heads()
    }
    #expect(runs[0] == runs[1])
  }

  @Test("notes and remembered peers outlive a restart and go to nobody")
  func local() throws {
    let office = try Office(onDisk: true)
    let ada = try office.store("ada")
    let bob = try office.join("bob")
    let heads = try ada.heads()
    try ada.setNote("port", [18, 173])
    try ada.setNote("gone", [1])
    try ada.setNote("gone", nil)
    for place in 0..<20 as Range<UInt16> {
      let endpoint = try #require(Endpoint(address: [10, 77, 0, 2], port: 4_000 + place))
      try ada.remember(bob.device, at: endpoint, wall: office.wall + Int64(place))
    }
    #expect(try ada.heads() == heads)
    let again = try office.restart("ada")
    #expect(try again.note("port") == [18, 173])
    #expect(try again.note("gone") == nil)
    let peers = try again.rememberedPeers()
    #expect(peers.count == Limits.addressesPerPeer)
    #expect(peers.first?.endpoint.port == 4_019)
    #expect(peers.first?.lastSuccess == office.wall + 19)
  }
}
