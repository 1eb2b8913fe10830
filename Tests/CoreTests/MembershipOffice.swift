@_spi(Proof) import BullpenCore

/// A workspace in which anybody can say anything: it signs whatever a test states, and Core must judge it.
/// Times are Unix milliseconds; everybody's statements are numbered by themselves.
struct MembershipOffice {
  static let prover = FakeProver()
  static let proof = Signature(bytes: [UInt8](repeating: 7, count: 64))!

  static func device(_ name: String) -> DeviceID { DeviceID(Scramble.bytes("device \(name)")) }
  static func key(_ name: String) -> MemberKey { MemberKey(Scramble.bytes("key \(name)")) }
  static func invite(_ name: String) -> InviteID { InviteID(Scramble.bytes("invite \(name)")) }
  static func incarnation(_ name: String) -> Incarnation { Incarnation(Scramble.bytes("incarnation \(name)").upper) }

  let workspace: WorkspaceID
  private(set) var statements: [Verified<ProvedStatement>] = []
  private var sequences: [String: UInt64] = [:]
  /// What each device has stated, by ascending number.
  private var lines: [String: [(sequence: UInt64, id: StatementID)]] = [:]

  /// Ada founds it on her laptop, "ada", at 0.
  init() {
    workspace = WorkspaceID(Scramble.bytes("statement 0"))
    let claim = Statement.Claim.genesis(Genesis(name: "Office", member: Self.key("ada"), nonce: Nonce(.zero)))
    add(claim, by: "ada", at: 0, in: nil, sequence: nil)
  }

  /// The last that a device has stated up to an entry of its log, in this book.
  func last(of device: String, through sequence: UInt64) -> StatementID? {
    lines[device]?.last { $0.sequence <= sequence }?.id
  }

  @discardableResult
  private mutating func add(
    _ claim: Statement.Claim, by signer: String, at time: Int64, in workspace: WorkspaceID?, sequence: UInt64?,
    previous: StatementID? = nil
  ) -> StatementID {
    let id = StatementID(Scramble.bytes("statement \(statements.count)"))
    let number = sequence ?? sequences[signer, default: 0] + 1
    sequences[signer] = max(sequences[signer] ?? 0, number)
    let statement = Statement(
      workspace: workspace, signer: Self.device(signer), incarnation: Self.incarnation(signer), sequence: number,
      previous: previous ?? last(of: signer, through: number - min(number, 1)),
      time: HybridTime(milliseconds: time, counter: 0), claim: claim)
    let place = lines[signer, default: []].lastIndex { $0.sequence <= number }.map { $0 + 1 } ?? 0
    lines[signer, default: []].insert((number, id), at: place)
    let signed = SignedStatement(body: id.bytes, signature: Self.proof)
    statements.append(Verified(ProvedStatement(id: id, statement: statement, signed: signed)))
    return id
  }

  @discardableResult
  mutating func state(
    _ claim: Statement.Claim, by signer: String, at time: Int64, in other: WorkspaceID? = nil, sequence: UInt64? = nil,
    after previous: StatementID? = nil
  ) -> StatementID {
    add(claim, by: signer, at: time, in: other ?? workspace, sequence: sequence, previous: previous)
  }

  func member(_ firstDevice: String) -> MemberID {
    Self.prover.member(of: workspace, firstDevice: Self.device(firstDevice))
  }

  // MARK: - What people say

  /// - Parameters:
  ///   - owner: the first device of the member that gets the device; the device itself unless given.
  ///   - key: whose member key it names; the owner's unless given.
  ///   - previous: the statement that it names as the one before; the one that is, unless given.
  ///   - isAgreed: whether the device has signed that it is the member's, whose key this is.
  @discardableResult
  mutating func admit(
    _ device: String, as role: Role = .member, of owner: String? = nil, by signer: String, at time: Int64,
    invite: String? = nil, key: String? = nil, sequence: UInt64? = nil, after previous: StatementID? = nil,
    isAgreed: Bool = true
  ) -> StatementID {
    let credential = Credential(
      device: Self.device(device), member: member(owner ?? device), memberKey: Self.key(key ?? owner ?? device),
      role: role, invite: invite.map { InviteProof(invite: Self.invite($0), signature: Self.proof) },
      consent: isAgreed ? Self.proof : nil)
    return state(.credential(credential), by: signer, at: time, sequence: sequence, after: previous)
  }

  mutating func offer(
    _ name: String, role: Role = .member, uses: UInt32 = 10, expiry: Int64 = 1_000_000, by signer: String,
    at time: Int64
  ) {
    state(
      .invite(Invite(invite: Self.invite(name), role: role, uses: uses, expiry: expiry)), by: signer, at: time)
  }

  /// - Parameter keeping: how far the device's lasting log stands; nil lists no log at all.
  mutating func cut(
    _ device: String, keeping head: UInt64? = nil, by signer: String, at time: Int64, sequence: UInt64? = nil
  ) {
    let kept = head.map { self.kept(device, through: $0) }
    let claim = Statement.Claim.cut(Cut(device: Self.device(device), kept: kept.map { [$0] } ?? []))
    state(claim, by: signer, at: time, sequence: sequence)
  }

  /// - Parameters:
  ///   - member: by its first device.
  ///   - ended: statements that gave it more.
  ///   - keeping: how far the first device's lasting log stands; nil lists no log at all.
  mutating func demote(
    _ member: String, to role: Role = .member, ending ended: [StatementID], keeping head: UInt64? = nil,
    by signer: String, at time: Int64, sequence: UInt64? = nil
  ) {
    let kept = head.map { self.kept(member, through: $0) }
    let demotion = Demotion(member: self.member(member), role: role, ended: ended, kept: kept.map { [$0] } ?? [])
    state(.demotion(demotion), by: signer, at: time, sequence: sequence)
  }

  /// - Parameter successor: by its first device; nil for nobody.
  @discardableResult
  mutating func name(
    _ successor: String?, replacing replaced: [StatementID] = [], by signer: String, at time: Int64
  ) -> StatementID {
    let member = successor.map { self.member($0) }
    return state(.succession(Succession(member: member, replaced: replaced)), by: signer, at: time)
  }

  /// - Parameter keeping: how far the lasting logs of the owner's devices are known; all that is known unless given.
  @discardableResult
  mutating func takeOver(
    _ naming: StatementID, from owner: [String] = ["ada"], keeping head: UInt64? = nil, by signer: String,
    at time: Int64
  ) -> StatementID {
    let kept = owner.map { self.kept($0, through: head ?? sequences[$0] ?? 0) }
    return state(.takeover(Takeover(succession: naming, kept: kept)), by: signer, at: time)
  }

  private func kept(_ device: String, through sequence: UInt64) -> KeptLog {
    KeptLog(
      log: Self.log(device), head: Head(sequence: sequence, digest: .zero),
      statement: last(of: device, through: sequence))
  }

  static func log(_ device: String) -> LogID {
    LogID(device: Self.device(device), incarnation: incarnation(device), kind: .lasting)
  }

  /// How far everybody's lasting log is known to whoever has heard everything.
  var heads: Heads {
    Heads(
      Dictionary(uniqueKeysWithValues: sequences.map { (Self.log($0.key), Head(sequence: $0.value, digest: .zero)) }))
  }

  // MARK: - What Core makes of it

  var membership: Membership { Membership.evaluate(statements, prover: Self.prover) }

  /// A device's node that knows all of this, just connected to Ada's.
  func node(
    of device: String, heads: Heads = Heads(), certain: Int64? = nil, on connection: ConnectionID, at now: Instant
  ) -> Workspace {
    var node = Workspace(
      workspace, own: Self.device(device), membership: membership, heads: heads, certain: certain, port: 1,
      prover: Self.prover, random: SeededRandomness(seed: 1), kind: .desktop, at: now)
    let endpoint = Endpoint(address: [127, 0, 0, 1], port: 1)!
    _ = node.receive(.met(connection, Self.device("ada"), endpoint, isOutbound: true, []), at: now)
    return node
  }

  var owner: MemberID? { membership.owner }

  /// A prover that can read what was stated here.
  var reader: FakeProver {
    FakeProver(book: Dictionary(uniqueKeysWithValues: statements.map { ($0.value.signed.body, $0) }))
  }

  func role(_ device: String) -> Role? { membership.device(Self.device(device))?.role }
}
