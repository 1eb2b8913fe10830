import Testing

@Suite("Core decides and does nothing else")
struct PureCoreTests {
  /// Words that reach out of a value, and why Core has none.
  static let forbidden: [(pattern: String, reason: String)] = [
    (#"\basync\b|\bawait\b|\bTask\b|\bactor\b"#, "Core is not concurrent: the node carries effects out"),
    (#"\bContinuousClock\b|\bSuspendingClock\b|\bDate\(|\bDispatchTime\b|\.now\b(?!\w)"#, "time is handed in"),
    (#"\bSystemRandomNumberGenerator\b"#, "randomness is handed in"),
    (#"\.(?:random|shuffled|randomElement|shuffle)\((?![^()]*\busing:)"#, "randomness is handed in"),
    (#"\bprint\(|\bdebugPrint\(|\bdump\(|\breadLine\("#, "Core does no input or output"),
    (#"\bnonisolated\(unsafe\)|\b@unchecked\b|\bMutex\b"#, "Core shares nothing"),
  ]

  static func violations(in project: Project) throws -> [String] {
    let rules = try forbidden.map { (expression: try Regex($0.pattern), reason: $0.reason) }
    var found: [String] = []
    for file in project.swift(under: "Sources/BullpenCore") {
      let lines = SwiftText.code(of: file.text).split(separator: "\n", omittingEmptySubsequences: false)
      for (number, line) in lines.enumerated() {
        for rule in rules {
          guard let match = line.firstMatch(of: rule.expression) else { continue }
          found.append("\(file.path):\(number + 1): \(line[match.range]): \(rule.reason)")
        }
      }
    }
    return found
  }

  @Test("Core has no clock, no randomness of its own, no async and no I/O")
  func pure() throws {
    #expect(try Self.violations(in: .here) == [])
  }

  @Test(
    "a planted reach is found",
    arguments: [
      "func f() async {}", "let a = ContinuousClock.now", "let b = Int.random(in: 0..<9)", "let c = [1].shuffled()",
      "func g() { print(1) }", "actor Room {}",
    ])
  func planted(text: String) throws {
    try Project.withCopy { copy in
      try copy.plant(text + "\n", at: "Sources/BullpenCore/Planted.swift")
      #expect(try Self.violations(in: copy).contains { $0.contains("Planted.swift:1") })
    }
  }

  @Test("a generator that was handed in may be used")
  func handedIn() throws {
    try Project.withCopy { copy in
      try copy.plant("let a = Int.random(in: 0..<9, using: &generator)\n", at: "Sources/BullpenCore/Planted.swift")
      #expect(try !Self.violations(in: copy).contains { $0.contains("Planted.swift") })
    }
  }
}
