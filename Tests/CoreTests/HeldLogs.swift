import BullpenCore

/// In tests whose devices' logs are nothing but statements, whoever knows how far they go holds all of them.
extension Membership {
  func held(_ heads: Heads) -> [KeptLog] {
    heads.sorted.map { log, head in
      KeptLog(log: log, head: head, statement: lastStatement(of: log, through: head.sequence))
    }
  }

  func cut(of device: DeviceID, at heads: Heads) -> Cut { cut(of: device, holding: held(heads)) }

  func claims(giving role: Role, to target: MemberID, at heads: Heads) -> [Statement.Claim] {
    claims(giving: role, to: target, holding: held(heads))
  }

  func claim(takingOverBy device: DeviceID, at heads: Heads) -> Statement.Claim? {
    claim(takingOverBy: device, holding: held(heads))
  }
}
