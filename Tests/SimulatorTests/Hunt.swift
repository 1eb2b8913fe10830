import BullpenCore
import BullpenSimulator
import Testing

/// Looks for a planted bug.
///
/// - Parameters:
///   - words: of a finding; nil for any.
///   - plan: of a seed; nil where it is left out.
/// - Returns: the first seed of two hundred that fails so, with what it found. Without the bug it does not fail.
func hunt(
  _ words: String? = nil, plan: (UInt64) -> FaultPlan? = { FaultPlan(seed: $0) }, program: (() -> any Program)? = nil,
  tables: [TableDeclaration] = Tables.all, disk: @escaping (any Disk) -> any Disk = { $0 },
  settlingWithin limit: Int64 = 45_000
) -> (seed: UInt64, findings: [String])? {
  for seed in UInt64(1)...200 {
    guard let plan = plan(seed) else { continue }
    let run = Simulation(seed: seed, plan: plan, tables: tables, disk: disk, program: program)
    let findings = run.run(settlingWithin: limit).findings
    guard words.map({ words in findings.contains { $0.contains(words) } }) ?? !findings.isEmpty else { continue }
    #expect(Simulation(seed: seed, plan: plan).run(settlingWithin: 45_000).findings == [])
    return (seed, findings)
  }
  return nil
}

/// The plans of seeds that bring such a fault.
func withFault(_ isOne: @escaping (FaultPlan.Fault) -> Bool) -> (UInt64) -> FaultPlan? {
  { seed in
    let plan = FaultPlan(seed: seed)
    return plan.faults.contains { isOne($0.fault) } ? plan : nil
  }
}
