import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation
import GRDB

extension Store {
  /// Starts a workspace: its genesis and the founder's name are the first change.
  ///
  /// - Parameters:
  ///   - name: the workspace's, 1–100 bytes.
  ///   - memberName: the founder's, 1–100 bytes.
  ///   - random: where ids, keys and nonces come from.
  ///   - wall: corrected Unix milliseconds.
  public static func found(
    at location: StoreLocation, author: Author, workspace name: String, memberName: String,
    surroundings: Surroundings, prover: any Prover, random: any RandomNumberGenerator & Sendable, wall: Int64,
    tables: [TableDeclaration] = Tables.all
  ) throws -> Store {
    try checkName(name)
    try checkName(memberName)
    var random = random
    let incarnation = Incarnation(using: &random)
    var clock = HybridClock()
    let genesis = author.sign(
      BullpenCore.Statement(
        workspace: nil, signer: author.device.id, incarnation: incarnation, sequence: 1, previous: nil,
        time: clock.tick(wall: wall),
        claim: .genesis(
          Genesis(name: name, member: author.secret.key, nonce: Nonce(Bytes32(using: &random))))))
    guard let proved = prover.prove(genesis) else { throw StoreError(.invalid, "The genesis is not well formed.") }
    let context = StoreContext(
      location: location, author: author, prover: prover, tables: tables.map(RowTable.init),
      workspace: WorkspaceID(proved.value.id.raw))
    return try make(context, incarnation, surroundings, random, wall: wall) { transaction in
      let member = prover.member(of: context.workspace, firstDevice: author.device.id)
      _ = try transaction.write([nameDraft(member, memberName)]) { _ in genesis }
    }
  }

  /// Makes the database of a workspace that this device was just admitted to; the first own change is the
  /// member's name.
  ///
  /// - Parameter statements: at least the chain from the genesis to this device's credential.
  /// - Parameter memberName: nil for a further device, whose member has a name.
  public static func join(
    at location: StoreLocation, author: Author, workspace: WorkspaceID, statements: [Verified<ProvedStatement>],
    memberName: String?, surroundings: Surroundings, prover: any Prover,
    random: any RandomNumberGenerator & Sendable, wall: Int64, tables: [TableDeclaration] = Tables.all
  ) throws -> Store {
    if let memberName { try checkName(memberName) }
    let membership = Membership.evaluate(statements, in: workspace, prover: prover)
    guard let member = membership.device(author.device.id)?.member else {
      throw StoreError(.notMember, "The statements do not admit this device.", hint: "Ask for a new invite.")
    }
    guard membership.memberKey(of: member) == author.secret.key else {
      throw StoreError(.notMember, "The member key on this machine is not the one that was admitted.")
    }
    var random = random
    let context = StoreContext(
      location: location, author: author, prover: prover, tables: tables.map(RowTable.init), workspace: workspace)
    let incarnation = Incarnation(using: &random)
    return try make(context, incarnation, surroundings, random, wall: wall) { transaction in
      try transaction.admit(statements)
      if let memberName { _ = try transaction.write([nameDraft(member, memberName)]) }
    }
  }

  /// Opens what is there. Where the database now lives on another machine or in another file than before, a new
  /// incarnation begins: the old logs stay, and nobody writes them on.
  public static func open(
    at location: StoreLocation, author: Author, surroundings: Surroundings, prover: any Prover,
    random: any RandomNumberGenerator & Sendable, wall: Int64, tables: [TableDeclaration] = Tables.all
  ) throws -> Store {
    let place = location.name
    let replacement = if case .file(let path) = location { Replacement(waitingFor: path) } else { Replacement?.none }
    if case .file(let path) = location, replacement == nil, !FileManager.default.fileExists(atPath: path) {
      throw StoreError(.missing, "There is no database \(path).", hint: StoreError.repairHint)
    }
    let lock = try location.lock()
    _ = try replacement?.put()
    if case .file(let path) = location {
      // A repair that was killed leaves its draft, which may fill the disk.
      Replacement.sweep(Replacement.draft(path))
      try Soundness.check(path)
    }
    return try StoreError.explaining(place) {
      let writer = try Connection.open(location)
      if case .file(let path) = location, try writer.read({ try Schema.isOlder($0, than: tables) }) {
        try Connection.copyAside(writer, path)
      }
      var random = random
      let opened = try writer.write { db in
        guard try db.tableExists("node_meta"), let bytes = try Meta.bytes(.workspace, db),
          let workspace = WorkspaceID(bytes: bytes)
        else { throw StoreError(.damaged, "\(place) holds no workspace.", hint: StoreError.repairHint) }
        guard try Meta.bytes(.device, db) == Data(author.device.id.bytes) else {
          throw StoreError(
            .wrongDevice, "The database \(place) belongs to another device.",
            hint: "Each home has its own key and its own database; do not mix them.")
        }
        // Looked at in a transaction of its own, before which a crash may come.
        if try Schema.prepare(db, tables: tables, place: place) { try Meta.set(.adopts, 1, db) }
        let told = told(location)
        let last = try Meta.bytes(.incarnation, db)
        let isSetBack =
          try told?.isAhead(of: last.flatMap(Incarnation.init(bytes:))) {
            try ownHead(author, told?.incarnation, $0, db)
          } ?? false
        let current = try currentIncarnation(db, location, surroundings, isSetBack: isSetBack, &random)
        let reached = HeadMark.Reading(
          incarnation: current, lasting: try ownHead(author, current, .lasting, db),
          passing: try ownHead(author, current, .passing, db))
        let beginning: NewBeginning? = isSetBack ? .setBack : last == Data(current.bytes) ? nil : .moved
        let adopts = try Meta.integer(.adopts, db) != nil
        return (workspace: workspace, heads: reached, adopts: adopts, beginning: beginning)
      }
      let context = StoreContext(
        location: location, author: author, prover: prover, tables: tables.map(RowTable.init),
        workspace: opened.workspace)
      let store = Store(
        context, writer, lock, try writer.read { try load(context, opened.heads.incarnation, random, $0) },
        mark: HeadMark(location, opened.heads), beginning: opened.beginning)
      if opened.adopts { try store.transact(wall: wall, isDurable: false) { try $0.adoptUnknown() } }
      return store
    }
  }

  /// Closes the file. Later calls fail.
  public func close() throws {
    checkpoints.read()?.end()
    // Closing does not empty the WAL by itself, for readers close last. Where the disk is full it stays as it is.
    try? writer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    defer { files?.end() }
    try StoreError.explaining(context.location.name) { try writer.close() }
    unlock()
  }

  // MARK: - Steps

  private static func make(
    _ context: StoreContext, _ incarnation: Incarnation, _ surroundings: Surroundings,
    _ random: any RandomNumberGenerator & Sendable, wall: Int64, _ first: (Transaction) throws -> Void
  ) throws -> Store {
    let place = context.location.name
    let lock = try context.location.lock()
    return try StoreError.explaining(place) {
      let writer = try Connection.open(context.location)
      try writer.write { db in
        // A file without a workspace is what a crash amid the first change left behind.
        guard try !db.tableExists("node_meta") || Meta.bytes(.workspace, db) == nil else {
          throw StoreError(.exists, "There is a database at \(place) already.", hint: "Use another home.")
        }
        _ = try Schema.prepare(db, tables: context.tables.map(\.declaration), place: place)
      }
      let store = Store(
        context, writer, lock, StoreState(random: random, incarnation: incarnation),
        mark: HeadMark(context.location, HeadMark.Reading(incarnation: incarnation)))
      try store.transact(wall: wall, isDurable: true) { transaction in
        try Meta.set(.workspace, Data(context.workspace.bytes), transaction.db)
        try Meta.set(.device, Data(context.author.device.id.bytes), transaction.db)
        try Meta.set(.incarnation, Data(incarnation.bytes), transaction.db)
        try remember(surroundings, context.location, transaction.db)
        try first(transaction)
      }
      return store
    }
  }

  private static func told(_ location: StoreLocation) -> HeadMark.Reading? {
    guard case .file(let path) = location else { return nil }
    return HeadMark.read(path)
  }

  static func ownHead(
    _ author: Author, _ incarnation: Incarnation?, _ kind: LogKind, _ db: Database
  ) throws -> UInt64 {
    guard let incarnation else { return 0 }
    let log = LogID(device: author.device.id, incarnation: incarnation, kind: kind)
    return try LogTables.log(log, db)?.head.sequence ?? 0
  }

  private static func currentIncarnation(
    _ db: Database, _ location: StoreLocation, _ surroundings: Surroundings, isSetBack: Bool,
    _ random: inout any RandomNumberGenerator & Sendable
  ) throws -> Incarnation {
    let machine = try Meta.text(.machine, db)
    let file = try Meta.text(.file, db)
    let isSame = !isSetBack && machine == surroundings.machine && file == FileIdentity(location)?.text
    if isSame, let bytes = try Meta.bytes(.incarnation, db), let incarnation = Incarnation(bytes: bytes) {
      // Written although nothing changed: a file that cannot be written is noticed now, not at the first post.
      try remember(surroundings, location, db)
      return incarnation
    }
    let incarnation = Incarnation(using: &random)
    try Meta.set(.incarnation, Data(incarnation.bytes), db)
    try remember(surroundings, location, db)
    return incarnation
  }

  private static func remember(_ surroundings: Surroundings, _ location: StoreLocation, _ db: Database) throws {
    try Meta.set(.machine, surroundings.machine, db)
    try Meta.set(.file, FileIdentity(location)?.text, db)
  }

  private static func load(
    _ context: StoreContext, _ incarnation: Incarnation, _ random: any RandomNumberGenerator & Sendable, _ db: Database
  ) throws -> StoreState {
    var state = StoreState(random: random, incarnation: incarnation)
    for row in try Row.fetchAll(db, sql: "SELECT id, device FROM node_devices") {
      guard let device = DeviceID(bytes: row[1] as Data) else { continue }
      state.numbers[device] = row[0]
      state.devices[row[0]] = device
    }
    for row in try Row.fetchAll(db, sql: "SELECT body, signature FROM node_statements") {
      guard let signature = Signature(bytes: row[1] as Data),
        let proved = context.prover.prove(SignedStatement(body: Array(row[0] as Data), signature: signature))
      else {
        throw StoreError(
          .damaged,
          "The database \(context.location.name) holds a statement that does not prove itself: it is damaged, or another "
            + "version of Bullpen wrote it in a form that this one does not read.",
          hint: "Where another version wrote it, start that one. Else \(StoreError.repairHint)")
      }
      state.remember(proved)
    }
    state.evaluate(context)
    return state
  }

  private static func nameDraft(_ member: MemberID, _ name: String) -> RowDraft {
    RowDraft(Tables.members, .member(member), cells: ["display_name": .text(name)])
  }

  private static func checkName(_ name: String) throws {
    guard (1...Limits.nameBytes).contains(name.utf8.count) else {
      throw StoreError(.invalid, "A name has 1 to \(Limits.nameBytes) bytes.", hint: "Choose another.")
    }
  }
}
