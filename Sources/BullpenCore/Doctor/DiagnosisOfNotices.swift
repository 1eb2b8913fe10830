/// What is known without looking for it: clocks that are wrong, keys on two machines, histories in several versions.
extension Diagnosis {
  static func notices(_ symptoms: Symptoms) -> [Verdict] {
    twins(symptoms) + clocks(symptoms) + forks(symptoms)
  }

  /// Of all notices of one kind those that concern whoever asks: about the person whom they ask for, or about this
  /// machine, of which no device is named.
  private static func asked<Notice>(
    _ all: [Symptoms.Noted<Notice>], _ symptoms: Symptoms, device: (Notice) -> DeviceID?
  ) -> [Symptoms.Noted<Notice>] {
    guard let person = symptoms.person else { return all }
    return all.filter { device($0.notice) == nil || $0.member == person.member }
  }

  private static func twins(_ symptoms: Symptoms) -> [Verdict] {
    asked(symptoms.twins, symptoms, device: \.device).map { twin in
      Verdict(
        .twin, .warning, twin.notice.detail(twin.name), hint: twin.notice.hint(twin.name), device: twin.notice.device,
        member: twin.notice.device == nil ? nil : twin.member)
    }
  }

  private static func clocks(_ symptoms: Symptoms) -> [Verdict] {
    asked(symptoms.clocks, symptoms, device: \.device).map { clock in
      Verdict(
        .clock, .warning, clock.notice.detail(clock.name), hint: clock.notice.hint,
        remedies: [Remedy(tool: "timedatectl", lines: ["sudo timedatectl set-ntp true"])],
        device: clock.notice.device, member: clock.notice.device == nil ? nil : clock.member)
    }
  }

  /// Where every version is kept nothing is lost, and there may be nothing to do.
  private static func forks(_ symptoms: Symptoms) -> [Verdict] {
    asked(symptoms.forks, symptoms, device: \.device).map { fork in
      Verdict(
        .fork, fork.notice.lacks ? .warning : .note, fork.notice.detail(fork.name), hint: fork.notice.hint,
        device: fork.notice.device, member: fork.member)
    }
  }
}
