/// The chain that the other side of a greeting shows, in one message or several.
///
/// It is proved from the genesis on, one statement after another, each by a device that was admitted by one before it or
/// is known here. At the first that does not hold it ends: whoever has no such device's key makes this side check one
/// signature in vain, and no more.
struct Ground: Sendable {
  private(set) var proved: [Verified<ProvedStatement>] = []
  /// What a cut that is known here voids, in the order in which a stranger has shown it.
  private(set) var void: [ProvedStatement] = []
  private var ids: Set<StatementID> = []
  private var shown: Set<DeviceID> = []
  private var count = 0
  private var bytes = 0
  /// Whether something did not hold, or was more than one listens to.
  private(set) var hasEnded = false

  /// - Parameters:
  ///   - membership: as it is known here, where it is.
  ///   - isStranger: whether the other side is not known. Of what it shows, whoever is cut here says nothing: nobody
  ///     undoes a cut by what the cut device states about it.
  mutating func read(
    _ part: [SignedStatement], in workspace: WorkspaceID, knowing membership: Membership?, isStranger: Bool,
    _ prover: any Prover
  ) {
    for signed in part where !hasEnded {
      count += 1
      bytes += Self.cost(signed)
      guard count <= Limits.groundStatements, bytes <= Limits.groundBytes else { return hasEnded = true }
      let id = prover.id(of: signed.body)
      guard !ids.contains(id) else { continue }
      if let known = membership?.statement(id), known.value.signed == signed {
        take(known, isVoid: isStranger && membership?.voids(known.value) == true)
        continue
      }
      guard let new = prover.prove(signed), isOf(workspace, new.value),
        new.value.isGenesis || shown.contains(new.value.statement.signer)
          || membership?.author(new.value.statement.signer) != nil
      else { return hasEnded = true }
      take(new, isVoid: isStranger && membership?.voids(new.value) == true)
    }
  }

  /// What comes next is counted anew.
  mutating func goOn() { (count, bytes) = (0, 0) }

  private mutating func take(_ statement: Verified<ProvedStatement>, isVoid: Bool) {
    ids.insert(statement.value.id)
    guard !isVoid else { return void.append(statement.value) }
    proved.append(statement)
    if statement.value.isGenesis { shown.insert(statement.value.statement.signer) }
    if let device = statement.value.admitted { shown.insert(device) }
  }

  private func isOf(_ workspace: WorkspaceID, _ proved: ProvedStatement) -> Bool {
    proved.isGenesis ? proved.id.raw == workspace.raw : proved.statement.workspace == workspace
  }

  // MARK: - Saying it

  /// What a statement takes of a message: the signature, and what the encoding adds.
  private static func cost(_ signed: SignedStatement) -> Int { signed.body.count + 96 }

  /// Whether a listener hears all of it.
  static func fits(_ chain: [SignedStatement]) -> Bool {
    chain.count <= Limits.groundStatements && chain.reduce(0) { $0 + cost($1) } <= Limits.groundBytes
  }

  /// A chain in messages that fit a frame each, as far as anybody listens. Who knows us already needs none of it.
  ///
  /// - Parameter last: makes the message that ends it.
  static func messages(_ chain: [SignedStatement], _ last: ([SignedStatement]) -> PeerMessage) -> [PeerMessage] {
    var room = (statements: Limits.groundStatements, bytes: Limits.groundBytes)
    var parts: [[SignedStatement]] = [[]]
    var size = 0
    for signed in chain {
      room = (room.statements - 1, room.bytes - cost(signed))
      guard room.statements >= 0, room.bytes >= 0 else { break }
      size += cost(signed)
      if size > Limits.frameBytes - 1_024 || parts[parts.count - 1].count == Limits.chain {
        parts.append([])
        size = cost(signed)
      }
      parts[parts.count - 1].append(signed)
    }
    return parts.dropLast().map { .ground($0) } + [last(parts[parts.count - 1])]
  }
}
