import Testing

@testable import bullpen

@Suite("Workspaces as the command speaks of them")
struct WorkspaceTests {
  static let desk = WorkspaceChoice.Candidate(id: "51c0ffee00", name: "Harbour Desk")
  static let chess = WorkspaceChoice.Candidate(id: "51aa000000", name: "Chess Club")
  static let chest = WorkspaceChoice.Candidate(id: "0badbeef00", name: "Chest")
  static let nameless = WorkspaceChoice.Candidate(id: "deadbeef00", name: nil)
  static let all = [desk, chess, chest, nameless]

  @Test(
    "one is meant by its name or the beginning of it, or by the first digits of its id",
    arguments: [
      ("Harbour Desk", desk), ("harbour desk", desk), ("HARB", desk), ("51c0", desk), ("51C0FFEE00", desk),
      ("chess", chess), ("chest", chest), ("dead", nameless),
    ])
  func meant(wanted: String, found: WorkspaceChoice.Candidate) throws {
    #expect(try WorkspaceChoice.one(wanted, of: Self.all, hint: "Say which.") == found)
  }

  @Test("what fits several or none is refused with those there are", arguments: ["51", "che", "golf", "", nil])
  func unclear(wanted: String?) throws {
    let failure = try #require(throws: Failure.self) {
      try WorkspaceChoice.one(wanted, of: Self.all, hint: "Say which.")
    }
    #expect(failure.code == .refused)
    #expect(failure.hint.contains("“Chess Club” (51aa0000)") && failure.hint.hasSuffix("Say which."))
    #expect(failure.hint.contains(", one whose name cannot be read (deadbeef)"))
  }

  @Test("the only one need not be named, and where there is none that is said")
  func only() throws {
    #expect(try WorkspaceChoice.one(nil, of: [Self.desk], hint: "") == Self.desk)
    let failure = try #require(throws: Failure.self) { try WorkspaceChoice.one("desk", of: [], hint: "") }
    #expect(failure.hint.contains("bullpen join CODE"))
  }

  @Test("one that is shut is told with its name, why, and what to do, in a line and in the status")
  func shut() throws {
    let answer = WorkspaceAnswer(
      id: "51c0ffee0011", name: "Harbour Desk", isRemoved: false,
      trouble: .init(code: "storage", detail: "A newer version wrote it.", hint: "Install that version again."))
    let shut = try #require(ShutWorkspace(answer))
    #expect(
      shut.sentence
        == "The workspace “Harbour Desk” is shut. A newer version wrote it. Install that version again.")
    #expect(
      shut.statusLines == [
        "workspace  Harbour Desk (51c0ffee): shut. A newer version wrote it.", "           Install that version again.",
      ])
    var open = answer
    open.trouble = nil
    #expect(ShutWorkspace(open) == nil)
    var helpless = shut
    helpless.hint = ""
    #expect(helpless.sentence.hasSuffix("wrote it.") && helpless.statusLines.count == 1)
  }
}
