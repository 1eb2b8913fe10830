import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation
import GRDB

/// One workspace on disk: its logs, the rows that they add up to, and the one way to write.
///
/// Every call is synchronous and may wait for the disk. Writes take turns; reads see the last commit. What is
/// thrown is a `StoreError`, and then nothing has changed.
public final class Store: Sendable {
  let context: StoreContext
  let writer: any DatabaseWriter
  private let lock: Locked<DatabaseLock?>
  /// Nil in memory.
  let files: OpenFiles?
  private let state: Locked<StoreState>
  /// How far others were told that this device has written.
  private let mark: HeadMark?
  /// Nil where SQLite sees to the WAL.
  let checkpoints = Locked<Checkpoints?>(nil)
  /// Why a new incarnation began when the file was opened; nil where the one that was went on.
  public let beginning: NewBeginning?
  /// Whether the end of what this device had written was found missing when the file was opened.
  public var wasSetBack: Bool { beginning == .setBack }

  public var workspace: WorkspaceID { context.workspace }
  /// The history that this device writes now.
  public var incarnation: Incarnation { state.read().incarnation }
  public var device: DeviceID { context.author.device.id }

  init(
    _ context: StoreContext, _ writer: any DatabaseWriter, _ lock: DatabaseLock?, _ state: StoreState,
    mark: HeadMark? = nil, beginning: NewBeginning? = nil
  ) {
    self.context = context
    self.mark = mark
    self.beginning = beginning
    self.writer = writer
    self.lock = Locked(lock)
    files = if case .file(let path) = context.location { OpenFiles(path) } else { nil }
    self.state = Locked(state)
  }

  func unlock() { lock.withValue { $0 = nil } }

  // MARK: - Writing

  /// Writes all rows of a draft as one change, or nothing. When it returns, the change is on disk.
  ///
  /// - Parameter wall: corrected Unix milliseconds.
  public func commit(_ draft: Draft, wall: Int64) throws -> Commit {
    try transact(wall: wall, isDurable: true) { try $0.write(draft.rows) }
  }

  /// Makes a statement, in the set and in the log.
  public func state(_ claim: BullpenCore.Statement.Claim, wall: Int64) throws -> (Commit, Verified<ProvedStatement>) {
    try transact(wall: wall, isDurable: true) { transaction in
      let commit = try transaction.write(stating: claim)
      guard let made = transaction.outcome.statements.first(where: { $0.value.statement.claim == claim }) else {
        throw StoreError(.invalid, "The statement stands already.")
      }
      return (commit, made)
    }
  }

  /// Stores what peers sent, advances heads and merges, all in one transaction.
  ///
  /// - Parameters:
  ///   - wall: corrected Unix milliseconds.
  ///   - certain: the same, as far as they have come by whoever's clock: what was over by then may be missing. Nil where
  ///     the time is agreed on.
  public func apply(_ segments: [Segment], wall: Int64, certain: Int64? = nil) throws -> Application {
    try apply([ArrivedSegments(segments, in: workspace)], wall: wall, certain: certain ?? wall)[0]
  }

  /// The same of several messages, one after the other.
  ///
  /// - Returns: what came of each.
  public func apply(_ messages: [ArrivedSegments], wall: Int64, certain: Int64) throws -> [Application] {
    try transact(wall: wall, certain: certain, isDurable: false) { transaction in
      try messages.map { segments in
        transaction.begin()
        try transaction.receive(segments)
        try transaction.finish()
        return transaction.outcome
      }
    }
  }

  /// Adds statements that came without their logs: those of devices that are or were a member's. Of others some wait
  /// in memory, in case what says whose they are comes next. Where there is no room for all, others may have to go.
  ///
  /// - Returns: the new ones, and what became visible or vanished because of them.
  public func admit(_ statements: [Verified<ProvedStatement>], wall: Int64) throws -> Application {
    try transact(wall: wall, isDurable: false) { transaction in
      try transaction.admit(statements)
      try transaction.finish()
      let known = transaction.state.proved
      transaction.outcome.dropped += statements.map(\.value.id).filter { known[$0] == nil }
      return transaction.outcome
    }
  }

  /// Lets in what was stamped in the future, once the future is here, and takes branches away that are dead by now.
  ///
  /// - Parameter isAgreed: others agree on the time. Then what was believed while a clock was ahead is taken back until
  ///   its time has come, and this device goes on in a new incarnation where its own log is ahead.
  public func releaseQuarantine(wall: Int64, isAgreed: Bool = false) throws -> Application {
    try transact(wall: wall, isDurable: false) { transaction in
      if isAgreed { try transaction.holdBack() }
      // A clock that nobody confirms may be ahead.
      try transaction.prune(wall: isAgreed ? wall : Meta.integer(.certain, transaction.db) ?? 0)
      try transaction.release()
      try transaction.finish()
      return transaction.outcome
    }
  }

  /// Removes rows whose life is over, empties up to `limit` segments of which nothing lives, and lets passing logs begin
  /// later where nobody can need what came before.
  ///
  /// - Parameter wall: Unix milliseconds that have come for certain. They are kept, for who starts alone.
  /// - Returns: how many rows, segments and logs that were. Call again while it is not 0.
  public func forget(wall: Int64, limit: Int = 256) throws -> Int {
    try transact(wall: wall, isDurable: false) { transaction in
      try Meta.set(.certain, wall, transaction.db)
      return try transaction.forget(limit: limit)
    }
  }

  /// Unix milliseconds that had come for certain when something was to be forgotten last, or was taken that may be missing
  /// something since; nil before the first time.
  public func lastCertain() throws -> Int64? { try read { try Meta.integer(.certain, $0) } }

  /// Writes nothing of anybody's, durably: whether the disk takes it, and has some room besides.
  public func probe(wall: Int64) throws {
    if case .file(let path) = context.location, let room = Soundness.room(path), room < 256 * 1_024 {
      throw StoreError.full(path)
    }
    try transact(wall: wall, isDurable: true) { _ in }
  }

  /// Whether what is open is still what lies in the folder; every write looks, too.
  ///
  /// - Throws: `StoreError` with `damaged`, or with `failed` where what is in the WAL is not lost.
  public func checkFiles() throws { try files?.check() }

  // MARK: - Membership

  public func membership() -> Membership { state.read().membership }

  /// In ascending order of id.
  public func statements() -> [Verified<ProvedStatement>] {
    state.read().proved.values.sorted { $0.value.id < $1.value.id }
  }

  /// This device's member; nil when it is not, or no longer, a member.
  public var member: MemberID? { state.read().membership.device(device)?.member }

  /// What this store keeps in memory, as of the last commit.
  var snapshot: StoreState { state.read() }

  /// Devices by the small numbers under which this file knows them.
  var numberedDevices: [Int64: DeviceID] { state.read().devices }

  /// Whose sealed rows this node can open, cut or not.
  var reader: MemberID? { state.read().membership.author(device) }

  /// The member's secret, sealed so that only the holder of a key opens it; nil for a key that nobody owns.
  public func sealSecret(to key: MemberKey) -> [UInt8]? {
    var random = SystemRandomness()
    return key.sealSecret(context.author.secret, using: &random)
  }

  // MARK: - Transactions

  /// Own changes are on disk before anyone is told (`synchronous = FULL`). Those of others are not waited for
  /// (`NORMAL`): after a power cut SQLite's file is whole, and what it lost their authors still have.
  ///
  /// - Parameter certain: nil where the time is agreed on.
  func transact<T>(
    wall: Int64, certain: Int64? = nil, isDurable: Bool, _ work: (Transaction) throws -> T
  ) throws -> T {
    try StoreError.explaining(context.location.name) {
      try writer.writeWithoutTransaction { db in
        try files?.check()
        let before = state.read()
        if before.isDurable != isDurable {
          try db.execute(sql: "PRAGMA synchronous = \(isDurable ? "FULL" : "NORMAL")")
          state.withValue { $0.isDurable = isDurable }
        }
        let transaction = try Transaction(db, context, state.read(), wall: wall, certain: certain)
        // Randomness that was drawn is not drawn again, whatever became of the write.
        defer { state.withValue { $0.random = transaction.state.random } }
        var result: T?
        func run() throws {
          try db.inTransaction(.immediate) {
            result = try work(transaction)
            try transaction.finish()
            return .commit
          }
        }
        if let checkpoints = checkpoints.read() { try checkpoints.following(db, run) } else { try run() }
        files?.settle()
        guard let result else { throw StoreError(.failed, "The transaction did not run.") }
        state.withValue { $0 = transaction.state }
        if before.incarnation != transaction.state.incarnation { mark?.begin(transaction.state.incarnation) }
        if isDurable { mark?.note(transaction.outcome.heads) }
        return result
      }
    }
  }

  func read<T>(_ work: (Database) throws -> T) throws -> T {
    try StoreError.explaining(context.location.name) { try writer.read(work) }
  }
}

extension Transaction {
  /// Makes a statement of this device's, in the set and in the log.
  @discardableResult
  func write(stating claim: BullpenCore.Statement.Claim) throws -> Commit {
    try write([]) { [context, incarnation = state.incarnation] place in
      let statement = BullpenCore.Statement(
        workspace: context.workspace, signer: context.author.device.id, incarnation: incarnation,
        sequence: place.sequence, previous: place.previous, time: place.time, claim: claim)
      return context.author.sign(statement)
    }
  }
}

extension Author {
  func sign(_ statement: BullpenCore.Statement) -> SignedStatement {
    let body = StatementCodec.encode(statement)
    return SignedStatement(body: body, signature: device.sign(body, .statement))
  }
}
