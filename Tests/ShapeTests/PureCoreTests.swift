import Testing

@Suite("Core decides and does nothing else")
struct PureCoreTests {
  /// Words that reach out of a value, and why Core has none.
  static let forbidden: [(words: [String], pattern: String, reason: String)] = [
    (
      ["async", "await", "Task", "actor"], #"\b(?:async|await|Task|actor)\b"#,
      "Core is not concurrent: the node carries effects out"
    ),
    (
      ["Clock", "Date(", "DispatchTime", ".now"],
      #"\b(?:Continuous|Suspending)Clock\b|\bDate\(|\bDispatchTime\b|\.now\b"#, "time is handed in"
    ),
    (
      ["andom", "shuffle"],
      #"\bSystemRandomNumberGenerator\b|\.(?:random|shuffled|randomElement|shuffle)\((?![^()]*\busing:)"#,
      "randomness is handed in"
    ),
    (
      ["print(", "Print(", "dump(", "readLine("], #"\b(?:print|debugPrint|dump|readLine)\("#,
      "Core does no input or output"
    ),
    (
      ["nonisolated", "@unchecked", "Mutex"], #"\bnonisolated\(unsafe\)|@unchecked\b|\bMutex\b"#,
      "Core shares nothing"
    ),
  ]

  static func violations(in project: Project) throws -> [String] {
    let rules = try forbidden.map { (words: $0.words, expression: try Regex($0.pattern), reason: $0.reason) }
    var found: [String] = []
    for file in project.swift(under: "Sources/BullpenCore") {
      for rule in rules {
        for line in SwiftText.lines(of: file.text, holding: rule.words) {
          guard let match = line.text.firstMatch(of: rule.expression) else { continue }
          found.append("\(file.path):\(line.number): \(line.text[match.range]): \(rule.reason)")
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
    try Project.withCopy(of: "Sources/BullpenCore/Time") { copy in
      try copy.plant(text + "\n", at: "Sources/BullpenCore/Planted.swift")
      #expect(try Self.violations(in: copy).contains { $0.contains("Planted.swift:1") })
    }
  }

  @Test("a generator that was handed in may be used")
  func handedIn() throws {
    try Project.withCopy(of: "Sources/BullpenCore/Time") { copy in
      try copy.plant("let a = Int.random(in: 0..<9, using: &generator)\n", at: "Sources/BullpenCore/Planted.swift")
      #expect(try !Self.violations(in: copy).contains { $0.contains("Planted.swift") })
    }
  }
}
