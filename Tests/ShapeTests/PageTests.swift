import Foundation
import Testing

@Suite("Pages stand alone")
struct PageTests {
  struct Link {
    let page: String
    let target: String
  }

  static func pages(of project: Project) -> [Project.File] { project.files { $0.hasSuffix(".md") } }

  /// Links and pictures of a Markdown page; what stands in code is not a link.
  static func links(of page: Project.File) -> [Link] {
    var fenced = false
    var found: [Link] = []
    for line in page.text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.trimmingCharacters(in: .whitespaces).hasPrefix("```") { fenced.toggle() }
      if fenced { continue }
      let prose = line.replacing(#/`[^`]*`/#, with: "")
      for match in prose.matches(of: #/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/#) {
        found.append(Link(page: page.path, target: String(match.1)))
      }
    }
    return found
  }

  /// The anchors that a page's headings make: lower case, words joined by hyphens.
  static func anchors(of text: String) -> Set<String> {
    var found: Set<String> = []
    for line in text.split(separator: "\n") where line.hasPrefix("#") {
      let title = line.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces).lowercased()
      found.insert(
        String(title.compactMap { $0 == " " ? "-" : $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" ? $0 : nil }))
    }
    return found
  }

  static func broken(in project: Project) -> [String] {
    var found: [String] = []
    for page in pages(of: project) {
      for link in links(of: page) where link.target.firstMatch(of: #/^[a-z]+:/#) == nil {
        let parts = link.target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let folder = URL(fileURLWithPath: page.path, relativeTo: project.root).deletingLastPathComponent()
        let target =
          parts[0].isEmpty
          ? project.root.appendingPathComponent(page.path)
          : folder.appendingPathComponent(String(parts[0]).removingPercentEncoding ?? String(parts[0])).standardized
        guard FileManager.default.fileExists(atPath: target.path), target.path.hasPrefix(project.root.path) else {
          found.append("\(page.path): \(link.target) leads nowhere in the project")
          continue
        }
        if parts.count == 2, target.pathExtension == "md" {
          let text = (try? String(contentsOf: target, encoding: .utf8)) ?? ""
          if !anchors(of: text).contains(String(parts[1])) {
            found.append("\(page.path): \(link.target) names no heading")
          }
        }
      }
    }
    return found
  }

  @Test("every link of a page leads somewhere in the project")
  func linksResolve() {
    #expect(Self.broken(in: .here) == [])
  }

  @Test("a planted link that leads nowhere is found")
  func planted() throws {
    try Project.withCopy(of: "protocol/decisions") { copy in
      try copy.plant(
        "# One page\n[a](gone.md) [b](#one-page) [c](#two) [d](https://example.org) `[e](code.md)`\n", at: "A.md")
      #expect(Self.broken(in: copy) == ["A.md: gone.md leads nowhere in the project", "A.md: #two names no heading"])
    }
  }

  @Test("no file speaks of what lies beside the project")
  func aloneInTheWorld() {
    let beside = "../" + "shared"
    let speaking = Project.here.files().filter { $0.text.contains(beside) }.map(\.path)
    #expect(speaking == [])
  }

  @Test("the top level holds only what the design names")
  func topLevel() {
    let named: Set = [
      "ARCHITECTURE.md", "Benchmarks", "LICENSE", "Makefile", "Package.swift", "README.md", "Sources", "Tests",
      "debian",
      "examples", "packaging", "protocol", ".ci", ".github", ".gitignore", ".swift-format",
    ]
    let built: Set = [".build", ".git", ".swiftpm", ".venv", "Package.resolved"]
    #expect(Project.here.names(in: "").filter { !named.contains($0) && !built.contains($0) } == [])
  }

  @Test("the package's newest entry is the version that the command says")
  func version() throws {
    func text(_ path: String) throws -> String {
      try String(contentsOf: Project.here.root.appendingPathComponent(path), encoding: .utf8)
    }
    let said = try text("Sources/BullpenNode/Release.swift").firstMatch(of: #/static let version = "([^"]+)"/#)?.1
    let packaged = try text("debian/changelog").firstMatch(of: #/^bullpen \(([^)]+)\)/#)?.1
    #expect(said != nil && said == packaged)
  }

  @Test("direct dependencies are pinned")
  func pinned() throws {
    let package = try String(contentsOf: Project.here.root.appendingPathComponent("Package.swift"), encoding: .utf8)
    let dependencies = package.matches(of: #/\.package\(\s*url:\s*"([^"]+)",\s*(\w+):/#)
    #expect(dependencies.count > 10)
    for dependency in dependencies { #expect(dependency.2 == "exact", "\(dependency.1)") }
  }
}
