/// What is known without looking for it: clocks that are wrong, keys on two machines, histories in several versions.
extension Diagnosis {
  static func notices(_ symptoms: Symptoms) -> [Verdict] {
    twins(symptoms) + clocks(symptoms) + forks(symptoms)
  }

  /// Whatever is about this machine concerns everybody who asks from it.
  private static func isAsked(_ device: DeviceID?, of member: MemberID, _ symptoms: Symptoms) -> Bool {
    device == nil || symptoms.person == nil || symptoms.person?.member == member
  }

  private static func twins(_ symptoms: Symptoms) -> [Verdict] {
    symptoms.twins.filter { isAsked($0.notice.device, of: $0.member, symptoms) }.map { twin in
      Verdict(
        .twin, .warning, twin.notice.detail(twin.name), hint: twin.notice.hint(twin.name), device: twin.notice.device,
        member: twin.notice.device == nil ? nil : twin.member)
    }
  }

  private static func clocks(_ symptoms: Symptoms) -> [Verdict] {
    symptoms.clocks.filter { isAsked($0.notice.device, of: $0.member, symptoms) }.map { clock in
      Verdict(
        .clock, .warning, clock.notice.detail(clock.name), hint: clock.notice.hint,
        remedies: [Remedy(tool: "timedatectl", lines: ["sudo timedatectl set-ntp true"])],
        device: clock.notice.device, member: clock.notice.device == nil ? nil : clock.member)
    }
  }

  /// Where every version is kept nothing is lost, and there may be nothing to do.
  private static func forks(_ symptoms: Symptoms) -> [Verdict] {
    symptoms.forks.filter { isAsked($0.notice.device, of: $0.member, symptoms) }.map { fork in
      Verdict(
        .fork, fork.notice.lacks ? .warning : .note, fork.notice.detail(fork.name), hint: fork.notice.hint,
        device: fork.notice.device, member: fork.member)
    }
  }
}
