import BullpenCore

/// Why somebody is not seen.
extension WorkspaceHandle {
  func examine(
    _ member: MemberID?, progress: (@Sendable (ExaminationStep) -> Void)?
  ) async throws -> ExaminationReport {
    if let member {
      let isKnown = await node.look { machine, _ in machine.membership.members[member] != nil }
      guard isKnown else { throw unknown(member) }
    }
    let report = try await examiner.examine(member, progress)
    // Whoever was asked may have shown that this device is out.
    _ = try await self.member()
    return report
  }

  func examination() async throws -> ExaminationView { await examiner.view }
}
