import BullpenCore
import BullpenStore
import BullpenTransport
import Logging

/// Why the disk does not do what is asked of it: a word for programs, a sentence for people, and what to do.
public struct StorageTrouble: Hashable, Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    case full
    case readOnly = "read_only"
    case damaged
    case failed
  }
  public var kind: Kind
  public var detail: String
  public var hint: String

  public init(_ kind: Kind, _ detail: String, hint: String) {
    self.kind = kind
    self.detail = detail
    self.hint = hint
  }

  /// Nil for what is no fault of the disk.
  init?(_ error: any Error) {
    guard let error = error as? StoreError else { return nil }
    switch error.code {
    case .full: self.init(.full, error.message, hint: error.hint)
    case .readOnly: self.init(.readOnly, error.message, hint: error.hint)
    case .damaged: self.init(.damaged, error.message, hint: error.hint)
    case .failed: self.init(.failed, error.message, hint: error.hint)
    default: return nil
    }
  }
}

/// What the root machine asks of the disk, and what becomes of it.
extension WorkspaceNode {
  func commit(_ request: RequestID, _ work: @escaping @Sendable (Store) throws -> CommitOutcome) {
    storage.run { [weak self, measures] store in
      do {
        let start = ContinuousClock.now
        let outcome = try work(store)
        measures.committed.increment()
        measures.commitSeconds.record(duration: ContinuousClock.now - start)
        self?.tell(.committed(request, .success(outcome)))
      } catch {
        self?.notice(error)
        self?.tell(.committed(request, .failure(CommitFailure(error))))
      }
    }
  }

  /// Changes what is believed of the logs that are here.
  func reconsider(_ work: @escaping @Sendable (Store) throws -> Application) {
    storage.run { [weak self] store in self?.applied(Result { try work(store) }, [], from: nil) }
  }

  /// - Parameter segments: what was to be stored, of a connection's.
  nonisolated func applied(
    _ result: Result<Application, any Error>, _ segments: [Segment], from connection: ConnectionID?
  ) {
    switch result {
    case .success(let application):
      measures.applied.increment(by: application.stored)
      measures.refused.increment(by: application.refusedChanges)
      if let regained = application.regained { Task { await regain(regained) } }
      tell(.applied(connection, application.outcome))
    case .failure(let error):
      logger.error("Changes could not be stored", metadata: ["error": "\(error)"])
      notice(error)
      let rejected = Set(segments.map(\.log)).sorted().map { (log: $0, reason: SegmentRejection.storage) }
      tell(.applied(connection, ApplyOutcome(heads: [], rows: [:], statements: [], rejected: rejected)))
    }
  }

  func admit(_ statements: [Verified<ProvedStatement>], wall: Int64) {
    storage.run { [weak self, logger] store in
      do {
        let admitted = try store.admit(statements, wall: wall)
        if admitted.surplus > 0 {
          logger.warning(
            "A member has stated more than one may, or the workspace is full",
            metadata: ["refused": "\(admitted.surplus)"])
        }
        self?.tell(.admitted(admitted.statements, dropped: admitted.dropped, rows: admitted.rows))
      } catch {
        // Nothing is lost: peers have them, and are asked again when the disk takes something.
        logger.error("Statements could not be stored", metadata: ["error": "\(error)"])
        self?.notice(error)
        let log = LogID(device: store.device, incarnation: store.incarnation, kind: .lasting)
        self?.tell(
          .applied(nil, ApplyOutcome(heads: [], rows: [:], statements: [], rejected: [(log: log, reason: .storage)])))
      }
    }
  }

  // MARK: - Trouble

  private nonisolated func notice(_ error: any Error) {
    guard let trouble = StorageTrouble(error) else { return }
    Task { await self.begin(trouble) }
  }

  private func begin(_ new: StorageTrouble) {
    let isNews = trouble == nil
    // A database that is damaged stays so, whatever else fails.
    if trouble?.kind != .damaged { trouble = new }
    guard isNews, !hasStopped else { return }
    logger.error("The disk does not take what is written", metadata: ["kind": "\(new.kind.rawValue)"])
    publishConnections()
    Task { [weak self] in
      while let self, await self.hasTrouble {
        try? await Task.sleep(for: .milliseconds(Limits.diskRetry))
        await self.probe()
      }
    }
  }

  /// Looked for also where nothing was written since.
  var currentTrouble: StorageTrouble? {
    if trouble == nil {
      do { try storage.store.checkFiles() } catch { if let found = StorageTrouble(error) { begin(found) } }
    }
    return trouble
  }

  private var hasTrouble: Bool { trouble != nil && !hasStopped }

  /// Writes nothing, durably: whether there is room again is known by trying.
  private func probe() async {
    guard let kind = trouble?.kind, kind != .damaged else { return }
    let wall = Clocks.now().wall
    do {
      try await storage.ask { try $0.probe(wall: wall) }
    } catch {
      return
    }
    guard trouble?.kind == kind else { return }
    trouble = nil
    logger.notice("The disk takes what is written again")
    publishConnections()
  }

  /// Views look at the node's state again.
  func publishConnections() {
    for view in views.values { view.offer(.connections, own: own) }
  }
}

extension CommitFailure {
  init(_ error: any Error) {
    if let error = error as? StoreError {
      self.init(reason: error.message, code: error.code.rawValue, hint: error.hint)
    } else {
      self.init(reason: "\(error)")
    }
  }
}

extension NodeError {
  init(_ failure: CommitFailure) {
    if failure.code == CommitFailure.queueFull {
      self.init(.busy, failure.reason, hint: failure.hint)
      return
    }
    let code = StoreError.Code(rawValue: failure.code) ?? .failed
    self.init(StoreError(code, failure.reason, hint: failure.hint))
  }
}

extension Commit {
  func outcome(_ statement: Verified<ProvedStatement>? = nil) -> CommitOutcome {
    CommitOutcome(heads: heads, rows: rows, statement: statement, dropped: dropped)
  }
}

extension Application {
  var outcome: ApplyOutcome {
    ApplyOutcome(
      heads: heads, rows: rows, statements: statements,
      rejected: rejected.map { (log: $0.log, reason: SegmentRejection(rawValue: $0.reason.rawValue) ?? .malformed) },
      departed: departed, dropped: dropped)
  }
}
