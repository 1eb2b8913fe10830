import BullpenCore

// Which statements are kept. Anybody can sign some, under made-up keys too: only those of devices that are or were a
// member's are, and of those as many as the book has room for.
extension Transaction {
  /// Takes statements that came together, and those that wait for one of them. What is signed by nobody's device waits
  /// for a while: the credential that says whose it is may be on its way.
  func admit(_ batch: [Verified<ProvedStatement>]) throws {
    // Looking at the membership may take statements too, so it comes first.
    let now = try membership()
    var seen: Set<StatementID> = []
    func isNew(_ statement: Verified<ProvedStatement>) -> Bool {
      let id = statement.value.id
      return state.proved[id] == nil && context.belongs(statement.value) && seen.insert(id).inserted
    }
    let waiting = state.waiting.filter(isNew)
    let fresh = batch.filter(isNew)
    guard !fresh.isEmpty || !waiting.isEmpty else { return state.waiting = [] }
    let couldCount = couldCount(waiting + fresh, now)
    // Only something of a device that may be a member's can say whose the others are.
    func mayTell(_ statement: Verified<ProvedStatement>) -> Bool {
      couldCount(statement) && !state.nobodys.contains(statement.value.statement.signer)
    }
    if fresh.contains(where: mayTell) || batch.isEmpty {
      // By their stamps: the order in which they stand in a message decides nothing.
      let all = (waiting + fresh).sorted(by: Self.isEarlier)
      state.waiting = all.filter { !couldCount($0) }
      try take(all.filter(couldCount), now)
    } else {
      state.waiting = waiting + fresh
    }
    state.waiting.removeFirst(max(0, state.waiting.count - Limits.waitingStatements))
    considered = outcome.statements.count
  }

  /// Takes a statement of one's own, or says why there is no room.
  func admitOwn(_ statement: Verified<ProvedStatement>) throws {
    let now = try membership()
    guard state.proved[statement.value.id] == nil, context.belongs(statement.value) else {
      throw StoreError(.invalid, "The statement cannot be added to the workspace.")
    }
    guard now.author(context.author.device.id) != nil, !StatementBook.hasRoom(for: state.proved.count + 1) else {
      return try insert(statement)
    }
    let all = Array(state.proved.values) + [statement]
    var book = book(of: all, evaluated(all))
    guard !book.surplus.contains(statement.value.id) else {
      throw Self.noRoom(book.shortage(for: statement.value) ?? .workspace)
    }
    try evict(book.surplus)
    try insert(statement)
  }

  /// Looks again at what waits, where something of one's own came since that may say whose it is.
  func reconsider() throws {
    if !state.waiting.isEmpty, outcome.statements.count > considered { try admit([]) }
  }

  // MARK: - Whose it is

  /// Whose devices may turn out to be members', by all that is here: those that are known, and whom they name. Of the
  /// others nobody needs to ask what their statements do.
  private func couldCount(
    _ new: [Verified<ProvedStatement>], _ now: Membership
  ) -> (Verified<ProvedStatement>) -> Bool {
    // While the genesis is missing, nobody can tell whose device is whose.
    if now.workspace == nil { return { _ in true } }
    if new.allSatisfy({ now.author($0.value.statement.signer) != nil }) { return { _ in true } }
    var named: [DeviceID: [DeviceID]] = [:]
    var known: Set<DeviceID> = []
    for statement in Array(state.proved.values) + new {
      let signer = statement.value.statement.signer
      if now.author(signer) != nil || state.proved[statement.value.id] != nil { known.insert(signer) }
      guard case .credential(let claim) = statement.value.statement.claim, claim.consent != nil else { continue }
      named[signer, default: []].append(claim.device)
    }
    var open = Array(known)
    while let next = open.popLast() {
      for device in named.removeValue(forKey: next) ?? [] where known.insert(device).inserted { open.append(device) }
    }
    return { known.contains($0.value.statement.signer) }
  }

  private func take(_ candidates: [Verified<ProvedStatement>], _ now: Membership) throws {
    guard !candidates.isEmpty else { return }
    let total = state.proved.count + candidates.count
    if candidates.allSatisfy({ now.author($0.value.statement.signer) != nil }) {
      if StatementBook.hasRoom(for: total) {
        for statement in candidates { try insert(statement) }
        return
      }
      var book = fullBook(now)
      if candidates.allSatisfy({ book.shortage(for: $0.value) != nil }) {
        outcome.surplus += candidates.count
        state.book = book
        return
      }
    }
    let all = Array(state.proved.values) + candidates
    let (whole, uncut) = evaluated(all)
    guard whole.workspace != nil else { return try takeBlindly(candidates) }
    func isSomebodys(_ statement: Verified<ProvedStatement>) -> Bool {
      let signer = statement.value.statement.signer
      return whole.author(signer) != nil || uncut.author(signer) != nil
    }
    state.waiting += candidates.filter { !isSomebodys($0) }
    var taken = candidates.filter(isSomebodys)
    if !StatementBook.hasRoom(for: total) {
      let book = book(of: all, (whole, uncut))
      try evict(book.surplus)
      let count = taken.count
      taken.removeAll { book.surplus.contains($0.value.id) }
      outcome.surplus += count - taken.count
    }
    for statement in taken { try insert(statement) }
    state.nobodys.formUnion(candidates.filter { !isSomebodys($0) }.map(\.value.statement.signer))
    if state.nobodys.count > Limits.statements { state.nobodys = [] }
    if taken.count == candidates.count, state.proved.count == all.count { prepared = whole }
  }

  /// Before the genesis is here.
  private func takeBlindly(_ candidates: [Verified<ProvedStatement>]) throws {
    for statement in candidates {
      if state.proved.count < Limits.statements - Limits.branchStatements {
        try insert(statement)
      } else {
        state.waiting.append(statement)
      }
    }
  }

  /// The membership by which a device is or was a member's; nil for a stranger's.
  ///
  /// Who came in by somebody who was out already, which neither knew, is no stranger: some have its logs from when they
  /// did not know either, so all keep them. Nobody believes them.
  func membership(knowing device: DeviceID) throws -> Membership? {
    let now = try membership()
    if now.author(device) != nil { return now }
    let known = state.uncut ?? uncut(Array(state.proved.values), now)
    state.uncut = known
    return known.author(device) == nil ? nil : known
  }

  // MARK: - The book

  /// What says whose devices the signers are: the membership by all of some statements, and one in which nobody was ever
  /// cut or demoted, for who came in by somebody who was cut since is no stranger.
  private func evaluated(_ all: [Verified<ProvedStatement>]) -> (whole: Membership, uncut: Membership) {
    let whole = Membership.evaluate(all, in: context.workspace, prover: context.prover)
    return (whole, uncut(all, whole))
  }

  private func uncut(_ all: [Verified<ProvedStatement>], _ whole: Membership) -> Membership {
    let uncut = all.filter { statement in
      switch statement.value.statement.claim {
      case .cut, .demotion: false
      case .genesis, .credential, .invite, .succession, .takeover, .generation, .voiding, .unknown: true
      }
    }
    guard uncut.count < all.count else { return whole }
    return Membership.evaluate(uncut, in: context.workspace, prover: context.prover)
  }

  private func book(
    of all: [Verified<ProvedStatement>], _ judges: (whole: Membership, uncut: Membership)
  ) -> StatementBook {
    StatementBook(all.map(\.value), judges.whole, uncut: judges.uncut)
  }

  /// The book of what is kept already.
  private func fullBook(_ now: Membership) -> StatementBook {
    if let book = state.book { return book }
    let all = Array(state.proved.values)
    let known = state.uncut ?? uncut(all, now)
    state.uncut = known
    return book(of: all, (now, known))
  }

  private func evict(_ surplus: Set<StatementID>) throws {
    for id in surplus.sorted() where state.proved[id] != nil {
      try remove(id)
      outcome.surplus += 1
    }
  }

  private static func noRoom(_ shortage: StatementBook.Shortage) -> StoreError {
    switch shortage {
    case .member(let limit):
      StoreError(
        .tooLarge,
        "You have stated \(limit) things about who belongs to the workspace, which is all that one member may.",
        hint: "Ask another admin to do it.")
    case .branch(let limit):
      StoreError(
        .tooLarge,
        "You and others who came into the workspace by the same member have stated \(limit) things about who belongs to "
          + "it, which is all that they may.", hint: "Ask the owner to do it.")
    case .workspace:
      StoreError(
        .tooLarge, "The workspace holds all \(Limits.statements) statements about its members that one may have.",
        hint: "Found a new workspace, and invite everybody to it.")
    }
  }

  private static func isEarlier(_ a: Verified<ProvedStatement>, _ b: Verified<ProvedStatement>) -> Bool {
    let (x, y) = (a.value.statement.time, b.value.statement.time)
    return x != y ? x < y : a.value.id < b.value.id
  }
}
