import BullpenSimulator

/// An office of five, in which all have met.
///
/// - Parameter change: what is otherwise than in a plan by which nothing goes wrong.
func openOffice(seed: UInt64, _ change: (inout FaultPlan) -> Void) throws -> Simulation {
  var plan = FaultPlan()
  change(&plan)
  let office = Simulation(seed: seed, plan: plan)
  try office.open()
  office.advance(by: 2_000)
  return office
}
