import BullpenCore
import Synchronization

/// What came of an examination.
public struct ExaminationReport: Sendable {
  /// Who was asked about; nil for everybody.
  public var person: MemberID?
  public var symptoms: Symptoms
  public var diagnosis: Diagnosis
  /// Datagrams of this node's own since it began: sent, heard and proved, heard and dropped.
  public var sent = 0
  public var heard = 0
  public var dropped = 0
  /// When it ended, Unix milliseconds by this machine's clock, and how many milliseconds it took.
  public var finished: Int64
  public var took: Int64
}

/// An examination under way, and the last that ended.
public struct ExaminationView: Sendable {
  public var isRunning = false
  /// Who is asked about by the one that is under way, or was by the last.
  public var person: MemberID?
  /// Of the one that is under way, or of the last.
  public var steps: [ExaminationStep] = []
  /// Of the last; nil before the first has ended.
  public var report: ExaminationReport?
}

/// Examines one workspace's connections, for one question at a time. Who asks what is asked already hears the same.
actor Examiner {
  typealias Progress = @Sendable (ExaminationStep) -> Void

  private struct Running {
    let person: MemberID?
    let story: Story
    let task: Task<ExaminationReport, any Error>
  }

  nonisolated let examination: Examination
  private var running: Running?
  private var last: ExaminationReport?
  private var lastSteps: [ExaminationStep] = []

  init(_ examination: Examination) { self.examination = examination }

  func examine(_ person: MemberID?, _ progress: Progress?) async throws -> ExaminationReport {
    while let running {
      if running.person == person {
        if let progress { running.story.follow(progress) }
        return try await running.task.value
      }
      _ = await running.task.result
    }
    let story = Story()
    if let progress { story.follow(progress) }
    let task = Task { try await self.run(person, story) }
    running = Running(person: person, story: story, task: task)
    return try await task.value
  }

  private func run(_ person: MemberID?, _ story: Story) async throws -> ExaminationReport {
    // Whoever waits for it finds that it is over.
    defer { running = nil }
    let report = try await examination.run(person) { story.tell($0) }
    (last, lastSteps) = (report, story.steps)
    return report
  }

  var view: ExaminationView {
    guard let running else {
      return ExaminationView(person: last?.person, steps: lastSteps, report: last)
    }
    return ExaminationView(isRunning: true, person: running.person, steps: running.story.steps, report: last)
  }

  /// What is told, in order, of tasks that run side by side. Whoever comes late hears the beginning, too.
  private final class Story: Sendable {
    private let state = Mutex<(steps: [ExaminationStep], followers: [Progress])>(([], []))

    var steps: [ExaminationStep] { state.withLock { $0.steps } }

    func tell(_ step: ExaminationStep) {
      state.withLock { state in
        guard state.steps.count < Limits.examinationSteps else { return }
        state.steps.append(step)
        for follower in state.followers { follower(step) }
      }
    }

    func follow(_ follower: @escaping Progress) {
      state.withLock { state in
        for step in state.steps { follower(step) }
        state.followers.append(follower)
      }
    }
  }
}
