import BullpenCore
import Foundation
import Testing

@testable import bullpen_fuzz

@Suite("Mutations")
struct MutationTests {
  @Test("a seed makes the same inputs again")
  func repeats() {
    func inputs(_ seed: UInt64) -> [[UInt8]] {
      var mutator = Mutator(seed: seed, form: .protobuf, words: [[1, 2, 3]])
      return (0..<500).map { _ in mutator.mutate(Array("some bytes".utf8), with: [9, 9, 9]) }
    }
    #expect(inputs(1) == inputs(1))
    #expect(inputs(1) != inputs(2))
  }

  @Test("an input stays within its bound, however often it grows")
  func bounded() {
    var mutator = Mutator(seed: 3, form: .bytes, words: [], most: 1_000)
    var input: [UInt8] = [1]
    for _ in 0..<5_000 {
      input = mutator.mutate(input, with: input)
      #expect(input.count <= 1_000)
    }
  }

  @Test("what is changed inside a message mostly leaves a message around it")
  func structure() throws {
    let inner = Script.part(1, Array("inner".utf8)) + Script.number(2, 300)
    let outer = Script.part(1, inner) + Script.part(2, inner) + Script.number(3, 1 << 40)
    #expect(ProtobufMutation.fields(outer)?.flatMap(\.bytes) == outer)
    var random = SeededRandomness(seed: 5)
    let mutants = (0..<2_000).map { _ in ProtobufMutation.mutate(outer, with: inner, depth: 0, &random) }
    let messages = mutants.filter { ProtobufMutation.fields($0) != nil }
    #expect(messages.count > 1_500)
    #expect(messages.count < mutants.count, "and some lie about a length")
    #expect(Set(mutants).count > 500)
  }
}

@Suite("A worker")
struct WorkerTests {
  /// Reads a message and trips over one number in it.
  final class Planted: FuzzTarget {
    static let name = "planted"
    static let form = InputForm.protobuf
    static func seeds() -> [[UInt8]] { [Script.part(1, Script.number(2, 7))] }

    func run(_ bytes: [UInt8]) throws -> String {
      for case .bytes(1, let inner) in Script.parts(bytes) {
        for case .number(2, let number) in Script.parts(inner) {
          try require(number <= 1 << 62, "a number of \(number)")
        }
      }
      return "\(min(Script.parts(bytes).count, 3))"
    }
  }

  @Test("finds a bound that is not checked, and leaves the input where its parent finds it")
  func finds() throws {
    let path = "/tmp/bullpen-fuzz-test-\(UInt64.random(in: 0 ... .max))"
    defer { try? HexFile.remove(path) }
    let recorder = try Recorder(path)
    let worker = Worker(target: Planted.self, seed: 1, seconds: 60, executions: 200_000, recorder: recorder)
    #expect(throws: Finding.self) { try worker.run(found: []) }
    #expect(alarm(0) == 0, "an alarm that is left ends whoever else lives in this process")
    let input = try Recorder(path).input
    #expect(throws: Finding.self) { try Planted().run(input) }
    let least = Shrinker.shrink(input, tries: 1_000) { bytes in (try? Planted().run(bytes)) == nil }
    #expect(least.count <= input.count)
    #expect(throws: Finding.self) { try Planted().run(least) }
  }

  @Test("the same seed looks at the same inputs")
  func repeats() throws {
    let path = "/tmp/bullpen-fuzz-test-\(UInt64.random(in: 0 ... .max))"
    defer { try? HexFile.remove(path) }
    func last(_ seed: UInt64) throws -> [UInt8] {
      let recorder = try Recorder(path)
      let worker = Worker(
        target: DatagramBodyTarget.self, seed: seed, seconds: 60, executions: 500, recorder: recorder)
      _ = try worker.run(found: [])
      return recorder.input
    }
    #expect(try last(4) == last(4))
    #expect(try last(4) != last(5))
  }
}

@Suite("What failed once", .serialized)
struct FoundTests {
  /// A target waits where it stands, so it stands on a thread of its own: tests share a few.
  static func alone(_ work: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
    }
  }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Found").path

  @Test("every seed of every target passes", arguments: FuzzTargets.all.map { $0.name })
  func seeds(_ name: String) async throws {
    try await Self.alone {
      let target = try #require(FuzzTargets.named(name))
      let machine = try target.init()
      for input in target.seeds() + [[]] { _ = try machine.run(input) }
    }
  }

  @Test("passes now", arguments: FuzzTargets.all.map { $0.name })
  func found(_ name: String) async throws {
    let inputs = try HexFile.all(in: Self.folder, of: name)
    guard !inputs.isEmpty else { return }
    try await Self.alone {
      let target = try #require(FuzzTargets.named(name))
      let machine = try target.init()
      for input in inputs { _ = try machine.run(input) }
    }
  }
}
