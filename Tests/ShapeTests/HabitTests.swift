import Testing

@Suite("House style that a reader can check by eye, and a test by rule")
struct HabitTests {
  static let sources = Project.here.swift(under: "Sources").filter { !$0.isGenerated }
  static let tests = Project.here.swift(under: "Tests").filter { !$0.path.hasPrefix("Tests/ShapeTests/") }

  static func places(
    of expression: Regex<Substring>, holding words: [String], in files: [Project.File]
  ) -> [(place: String, file: Project.File, line: Int)] {
    files.flatMap { file in
      SwiftText.lines(of: file.text, holding: words).filter { $0.text.contains(expression) }
        .map { (place: "\(file.path):\($0.number)", file: file, line: $0.number - 1) }
    }
  }

  @Test("every way around the compiler carries its reason beside it")
  func reasons() {
    let around = Self.places(
      of: #/\btry!|\bas!|\bfatalError\(|@unchecked\s+Sendable|\bnonisolated\(unsafe\)/#,
      holding: ["try!", "as!", "fatalError", "@unchecked", "nonisolated"], in: Self.sources)
    let bare = around.filter { place in
      let lines = place.file.text.split(separator: "\n", omittingEmptySubsequences: false)
      return !lines[max(0, place.line - 3)...place.line].contains { $0.contains("//") }
    }
    #expect(bare.map(\.place) == [])
  }

  @Test("the view puts text into the page as text, never as markup")
  func markup() {
    let view = Project.here.files(under: "Sources/BullpenWeb/View") { $0.hasSuffix(".js") }
    #expect(view.count > 20)
    let ways = #/innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc/#
    #expect(view.filter { $0.text.contains(ways) }.map(\.path) == [])
  }

  @Test("no file or type has a name that says nothing")
  func names() {
    let empty = #/\b(?:class|struct|enum|actor|protocol)\s+\w*(?:Manager|Helpers?|Utils?|Utilities|Misc)\b/#
    let words = ["Manager", "Helper", "Util", "Misc"]
    #expect(Self.places(of: empty, holding: words, in: Self.sources + Self.tests).map(\.place) == [])
    let files = (Self.sources + Self.tests).map(\.path)
      .filter { $0.contains(#/(?:Manager|Helpers?|Utils?|Utilities|Misc)\.swift$/#) }
    #expect(files == [])
  }

  @Test("no test is switched off, and none sleeps")
  func awake() {
    let asleep = #/\.disabled\(|\bXCTSkip|\bTask\.sleep\b|\bThread\.sleep\b|\busleep\(|\bsleep\(/#
    let words = ["disabled", "XCTSkip", "sleep"]
    #expect(Self.places(of: asleep, holding: words, in: Self.tests).map(\.place) == [])
  }

  @Test("every stream has a bound")
  func bounds() {
    let unbounded = Self.sources.filter { $0.text.contains("Stream") }.filter { file in
      let code = SwiftText.code(of: file.text)
      let made = code.matches(of: #/\bAsync(?:Throwing)?Stream(?:<[^>]*>)?(?:\.makeStream)?\s*[({]/#).count
      let bounded = code.matches(of: #/bufferingPolicy:\s*\.buffering(?:Newest|Oldest)\b/#).count
      return made > bounded
    }
    #expect(unbounded.map(\.path) == [])
  }
}
