import BullpenCore

@testable import BullpenNode

/// Bob's machine is there, and his node is not.
extension FakeWorkspace {
  private static let endpoint = Endpoint(address: [192, 0, 2, 7], port: 4781)!

  func examine(
    _ member: MemberID?, progress: (@Sendable (ExaminationStep) -> Void)?
  ) async throws -> ExaminationReport {
    guard member == nil || [Self.ada, Self.bob].contains(member) else {
      throw NodeError(.notFound, "Nobody of the workspace has this id.")
    }
    progress?(.looking(interfaces: 1))
    progress?(.trying(Self.endpoint, name: "Bob Underwood"))
    progress?(.failed(Self.endpoint, .failed(.refused)))
    progress?(.concluding)
    let subnet = Subnet(interface: "eth0", address: [192, 0, 2, 9], prefix: 24)!
    let device = Symptoms.Peer(
      Self.bobsDevice, of: Self.bob, name: "Bob Underwood", datagramSilence: 40_000,
      addresses: [
        Symptoms.Address(
          Self.endpoint, [.mdns, .remembered], .failed(.refused), facts: JoinFacts(subnets: [subnet])),
        Symptoms.Address(
          Endpoint(address: [192, 0, 2, 8], port: 4781)!, [.given], .failed(.timedOut),
          facts: JoinFacts(subnets: [subnet], neighbour: .answers)),
      ])
    let interface = Symptoms.Interface(
      "eth0", addresses: [Endpoint(address: [192, 0, 2, 9], port: 0)!],
      sent: Symptoms.Traffic(packets: 1_204, bytes: 150_310), heard: Symptoms.Traffic(packets: 1_380, bytes: 171_020),
      echo: .heard)
    let symptoms = Symptoms(
      interfaces: [interface], responder: .running(isSystem: true, age: 60_000, isAgain: false), port: 4_781,
      peers: [device], person: member.map { Symptoms.Person($0, name: "Bob Underwood") })
    return ExaminationReport(
      person: member, symptoms: symptoms, diagnosis: Diagnosis(symptoms), sent: 310, heard: 290, dropped: 4,
      finished: 1_763_700_000_000, took: 3_100)
  }

  func examination() async throws -> ExaminationView {
    ExaminationView(isRunning: true, steps: [.looking(interfaces: 1)])
  }
}
