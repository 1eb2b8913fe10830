// One entry of a log is void, for it is stamped later than it can have been written: the clock of its author was ahead.
extension Membership {
  /// Whether what is void by a voiding of one stamp includes an entry of another: none that was stamped before, or
  /// at about the same time.
  public static func voids(at time: HybridTime, entryAt entry: HybridTime) -> Bool {
    entry.milliseconds > time.milliseconds + Limits.clockBound
  }

  /// The voidings of a log's entries that count; of several of one entry that with the least stamp.
  public func voidings(of log: LogID) -> [Head: ProvedStatement] { voidings[log] ?? [:] }

  /// Whether this device can void entries of a log: of its own member's, or as an admin of whom it reaches.
  public func mayVoid(_ log: LogID, by device: DeviceID) -> Bool {
    guard let own = self.device(device), let judge = members[own.member] else { return false }
    return mayVoid(log, judge, having: own.role)
  }

  private func mayVoid(_ log: LogID, _ judge: Member, having role: Role) -> Bool {
    guard let author = author(log.device), let target = members[author] else { return false }
    return author == judge.id || role >= .admin && reaches(judge, target, whoseRoleIs: target.role)
  }

  /// Finds the voidings that count, once it is known who may do what: nobody's place rests on them.
  mutating func takeVoidings() {
    for proved in statements.map(\.value) {
      guard case .voiding(let entry) = proved.statement.claim, !voids(proved),
        let judge = memberOf[proved.statement.signer].flatMap({ members[$0] }),
        let role = role(of: judge.id, stating: proved), mayVoid(entry.log, judge, having: role)
      else { continue }
      let known = voidings[entry.log]?[entry.head]
      guard known.map({ proved.statement.time < $0.statement.time }) != false else { continue }
      voidings[entry.log, default: [:]][entry.head] = proved
    }
  }
}
