import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenWire
import Foundation
import Testing

/// A small office: stores that can hear one another when a test says so. Everything in it repeats from a seed.
final class Office {
  static let start: Int64 = 1_800_000_000_000
  static let minute: Int64 = 60_000
  static let day: Int64 = 86_400_000

  struct Seat {
    var author: Author
    var member: MemberID
    var location: StoreLocation
    var store: Store
  }

  let prover = SodiumProver(decode: StatementCodec.decode)
  private(set) var seats: [String: Seat] = [:]
  var random: SeededRandomness
  /// The wall clock of everybody, where a test says nothing else.
  var wall = Office.start
  private let directory: URL?

  /// - Parameter onDisk: real files in a directory of its own; else in memory.
  init(founder: String = "ada", seed: UInt64 = 1, onDisk: Bool = false, tables: [TableDeclaration] = Tables.all) throws
  {
    random = SeededRandomness(seed: seed)
    directory =
      onDisk ? FileManager.default.temporaryDirectory.appendingPathComponent("bullpen-\(UUID().uuidString)") : nil
    if let directory { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }
    let author = Self.author(&random)
    let location = location(of: founder)
    let store = try Store.found(
      at: location, author: author, workspace: "the office", memberName: founder, surroundings: here, prover: prover,
      random: fresh(), wall: wall, tables: tables)
    let member = prover.member(of: store.workspace, firstDevice: author.device.id)
    seats[founder] = Seat(author: author, member: member, location: location, store: store)
  }

  deinit {
    for seat in seats.values { try? seat.store.close() }
    if let directory { try? FileManager.default.removeItem(at: directory) }
  }

  let here = Surroundings(machine: "one")

  // MARK: People

  /// The founder admits somebody, who starts with the statements alone.
  @discardableResult
  func join(_ name: String, role: Role = .member, tables: [TableDeclaration] = Tables.all) throws -> Store {
    let author = Self.author(&random)
    let member = prover.member(of: founder.workspace, firstDevice: author.device.id)
    return try seat(name, author, member, role: role, tables: tables)
  }

  /// A second device of somebody who is here.
  @discardableResult
  func join(_ name: String, secondDeviceOf first: String) throws -> Store {
    let owner = try #require(seats[first])
    let author = Author(device: DeviceKey(using: &random), secret: owner.author.secret)
    let role = try #require(owner.store.membership().members[owner.member]?.role)
    return try seat(name, author, owner.member, role: role, admittedBy: owner.store, tables: Tables.all)
  }

  private func seat(
    _ name: String, _ author: Author, _ member: MemberID, role: Role, admittedBy admitter: Store? = nil,
    tables: [TableDeclaration]
  ) throws -> Store {
    let admitter = admitter ?? founder
    let credential = Credential(
      device: author.device.id, member: member, memberKey: author.secret.key, role: role, invite: nil,
      consent: author.device.consent(to: member, key: author.secret.key, in: admitter.workspace))
    _ = try admitter.state(.credential(credential), wall: wall)
    let location = location(of: name)
    let store = try Store.join(
      at: location, author: author, workspace: admitter.workspace, statements: admitter.statements(), memberName: name,
      surroundings: here, prover: prover, random: fresh(), wall: wall, tables: tables)
    seats[name] = Seat(author: author, member: member, location: location, store: store)
    return store
  }

  private static func author(_ random: inout SeededRandomness) -> Author {
    Author(device: DeviceKey(using: &random), secret: MemberSecret(using: &random))
  }

  var founder: Store { seats["ada"]!.store }  // every office is founded by ada
  func store(_ name: String) throws -> Store { try #require(seats[name]).store }
  func member(_ name: String) throws -> MemberID { try #require(seats[name]).member }
  func author(_ name: String) throws -> Author { try #require(seats[name]).author }
  var everybody: [Store] { seats.sorted { $0.key < $1.key }.map(\.value.store) }

  func fresh() -> SeededRandomness { SeededRandomness(seed: random.next()) }

  // MARK: Files

  private func location(of name: String) -> StoreLocation {
    directory.map { .file($0.appendingPathComponent("\(name).db").path) } ?? .memory
  }

  func path(_ name: String) throws -> String { try #require(directory).appendingPathComponent("\(name).db").path }

  /// Closes a store and opens its file again.
  @discardableResult
  func restart(
    _ name: String, surroundings: Surroundings? = nil, tables: [TableDeclaration] = Tables.all
  ) throws -> Store {
    let seat = try #require(seats[name])
    try seat.store.close()
    let store = try open(name, surroundings: surroundings, tables: tables)
    seats[name]?.store = store
    return store
  }

  /// Opens the file of a store that was closed.
  func restartClosed(_ name: String) throws -> Store {
    let store = try open(name)
    seats[name]?.store = store
    return store
  }

  func open(
    _ name: String, at path: String? = nil, surroundings: Surroundings? = nil, tables: [TableDeclaration] = Tables.all
  ) throws -> Store {
    let seat = try #require(seats[name])
    return try Store.open(
      at: path.map(StoreLocation.file) ?? seat.location, author: seat.author, surroundings: surroundings ?? here,
      prover: prover, random: fresh(),
      wall: wall, tables: tables)
  }

  /// Everything that is on disk for somebody: database, WAL and index.
  func bytesOnDisk(_ name: String) throws -> Data {
    let path = try path(name)
    return ["", "-wal", "-shm"].reduce(into: Data()) { all, suffix in
      all += FileManager.default.contents(atPath: path + suffix) ?? Data()
    }
  }

  // MARK: Sync

  /// One hears all that another has.
  @discardableResult
  func send(from: Store, to: Store, maxBytes: Int = 1 << 20, wall: Int64? = nil) throws -> [Application] {
    var applications: [Application] = [try to.admit(from.statements(), wall: wall ?? self.wall)]
    for (log, head) in try from.heads().sorted where try to.find([LogHead(log: log, head: head)]).held.isEmpty {
      var next = min(try to.heads()[log].sequence + 1, head.sequence)
      var isFromStart = next == 1
      while next <= head.sequence {
        let segments = try from.segments(
          LogRange(log: log, first: next, last: head.sequence, digest: head.digest), maxBytes: maxBytes)
        let application = try to.apply(segments, wall: wall ?? self.wall)
        applications.append(application)
        if !application.departed.isEmpty, !isFromStart {
          (next, isFromStart) = (1, true)
          continue
        }
        guard application.rejected.allSatisfy({ $0.reason == .past }), let last = segments.last?.last else { break }
        next = last + 1
      }
    }
    return applications
  }

  /// Everybody hears everybody.
  func settle() throws {
    for _ in 0..<2 { for from in everybody { for to in everybody where to !== from { try send(from: from, to: to) } } }
  }

  func expectAgreement(_ comment: Comment? = nil, location: SourceLocation = #_sourceLocation) throws {
    let digests = try everybody.map { store in
      try store.digests(wall: wall).map { "\($0.table) \($0.digest)" }
    }
    #expect(Set(digests).count == 1, comment, sourceLocation: location)
    #expect(Set(try everybody.map { try $0.heads() }).count == 1, comment, sourceLocation: location)
  }

  // MARK: Drafts

  func newKey(_ name: String) throws -> RowKey { .own(try member(name), RowID(at: wall, using: &random)) }

  func notification(from: String, to: [String], title: String = "Lunch?", body: String = "At noon") throws -> RowDraft {
    RowDraft(
      Tables.notifications, try newKey(from), audience: try to.map(member),
      cells: ["kind": .text("message"), "title": .text(title), "body": .text(body)])
  }

  func activity(_ name: String, _ text: String, room: String? = nil) throws -> RowDraft {
    var cells: [String: Value] = ["kind": .text("note"), "text": .text(text)]
    if let room { cells["room"] = .text(room) }
    return RowDraft(Tables.activities, try newKey(name), cells: cells)
  }

  func setting(_ name: String, _ setting: String, _ value: String) throws -> RowDraft {
    RowDraft(
      Tables.settings, try #require(RowKey.named(member(name), setting)), cells: ["value": .text(value)])
  }

  func read(_ name: String, _ key: RowKey, at time: Int64? = nil) throws -> RowDraft {
    RowDraft(
      Tables.notificationMarks, .mark(by: try member(name), on: key), cells: ["read_at": .integer(time ?? wall)])
  }

  // MARK: Hands of a modified program

  /// A log that obeys no rule but chain and signature, which no program can forge.
  func log(
    by author: Author, _ kind: LogKind, incarnation: Incarnation,
    _ entries: [(time: HybridTime, expiry: Int64, rows: [RowChange])]
  ) -> Segment {
    let log = LogID(device: author.device.id, incarnation: incarnation, kind: kind)
    var digest = Digest.zero
    let made = entries.map {
      Entry(time: $0.time, expiry: $0.expiry, payload: .present(ChangeCodec.encode(Change(rows: $0.rows))))
    }
    for (place, entry) in made.enumerated() {
      digest = Chain.digest(founder.workspace, log, UInt64(place + 1), previous: digest, entry)
    }
    return Segment(
      log: log, first: 1, previous: .zero, entries: made, signature: Chain.sign(digest, by: author.device))
  }
}

extension Draft {
  init(_ row: RowDraft) { self.init([row]) }
}

extension HybridTime {
  init(_ wall: Int64) { self.init(milliseconds: wall, counter: 0) }
}

extension RowChange {
  init(_ table: TableDeclaration, _ key: RowKey, _ cells: [(String, Value)]) {
    self.init(
      table: table.name, key: key.bytes,
      cells: cells.map { CellChange(column: $0.0, content: CellContent.clear($0.1).bytes) })
  }
}

extension Store {
  /// Forgets until nothing is left to do.
  func forgetAll(wall: Int64) throws {
    while try forget(wall: wall) > 0 {}
  }
}
