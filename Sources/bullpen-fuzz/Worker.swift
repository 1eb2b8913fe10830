import BullpenCore
import Glibc

/// Looks at one target in this process, until something is found or the time is over. A finding, and whatever else ends
/// the process, leaves the input in the recorder.
struct Worker {
  /// Seconds that one input may take: far more than any needs, also where a sanitizer slows it down.
  static let patience: UInt32 = 20
  /// Inputs that are kept for being the first of their kind, or taken at random in place of an older one.
  static let kept = 256

  let target: any FuzzTarget.Type
  var seed: UInt64
  var seconds: Double
  var executions: Int
  let recorder: Recorder
  /// Whether an input that takes too long ends this process, which has nothing else to do then.
  var endsProcess = false

  struct Report: Sendable {
    var executions = 0
    var kinds = 0
  }

  func run(found: [[UInt8]]) throws -> Report {
    let target = target
    let machine = try target.init()
    let seeds = target.seeds()
    var mutator = Mutator(seed: seed, form: target.form, words: target.words)
    var report = Report()
    var kinds: Set<String> = []
    var corpus: [[UInt8]] = []

    defer { if endsProcess { alarm(0) } }

    func look(_ bytes: [UInt8]) throws -> Bool {
      recorder.input = bytes
      if endsProcess { alarm(Self.patience) }
      let isNew = kinds.insert(try machine.run(bytes)).inserted
      report.executions += 1
      return isNew
    }

    for input in found + [[]] { _ = try look(input) }
    for input in seeds {
      _ = try look(input)
      corpus.append(input)
    }
    let end = Self.now + seconds
    while report.executions < executions, Self.now < end {
      for _ in 0..<8 {
        let base = corpus[mutator.below(corpus.count)]
        let input = mutator.mutate(base, with: corpus[mutator.below(corpus.count)])
        guard try look(input) else { continue }
        if corpus.count < Self.kept {
          corpus.append(input)
        } else {
          corpus[seeds.count % Self.kept + mutator.below(max(1, corpus.count - seeds.count))] = input
        }
      }
    }
    report.kinds = kinds.count
    return report
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
