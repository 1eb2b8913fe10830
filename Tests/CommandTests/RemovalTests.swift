import Foundation
import Testing

@testable import bullpen

@Suite("What a removal takes along, in words")
struct RemovalTests {
  private func member(_ id: String, _ name: String, _ devices: String...) -> MemberAnswer {
    MemberAnswer(
      userId: id, name: name, role: "member", devices: devices, isSelf: false, assignableRoles: [], isRemovable: true,
      isSuccessor: false, isSurplus: false)
  }

  @Test("devices are named by the beginning of their id and whose they are, people by name")
  func named() {
    let bob = member("b0", "Bob Underwood", "0e1d2c3b4a59", "77aa88bb99cc")
    let eve = member("e0", "Eve Marsh", "9f8e7d6c5b4a", "123456789abc")
    var removal = RemovalAnswer(
      userId: "b0", devices: ["0e1d2c3b4a59"], isLast: false, keptChanges: 42, alsoCut: [], alsoRemoved: [],
      alsoDemoted: [], endedInvites: 0, lastHeard: nil, digest: "")
    let people = ["b0": bob, "e0": eve]
    #expect(!Remove.words(removal, bob, people).contains { $0.contains("too") || $0.contains("role") })
    removal.alsoCut = ["77aa88bb99cc", "123456789abc"]
    removal.alsoRemoved = ["f00d"]
    removal.alsoDemoted = ["e0"]
    let words = Remove.words(removal, bob, people)
    #expect(words.contains("Devices that rest on it go too: 77aa88bb, Eve Marsh's 12345678."))
    #expect(words.contains("They go too, for they rest on it: f00d."))
    #expect(words.contains("They lose their role by it: Eve Marsh."))
    removal.keptChanges = 1
    #expect(Remove.words(removal, bob, people).contains { $0.hasPrefix("What was heard from there stays: 1 entry. ") })
  }

  @Test("a smaller role says what it leaves, which invites end, and that seniority is lost with an admin's")
  func smaller() throws {
    let bob = member("b0", "Bob Underwood", "0e1d2c3b4a59")
    var told = DemotionAnswer(
      from: "admin", alsoCut: [], alsoRemoved: [], alsoDemoted: [], endedInvites: 2, lastHeard: nil, digest: "")
    let role = try RoleCommand.parse(["Bob", "guest"])
    let words = role.words(told, bob, ["b0": bob])
    #expect(words.first == "Bob Underwood would be a guest, who reads and writes, and lets nobody in.")
    #expect(words[1].hasPrefix("What was done as an admin and is known here stands. "))
    #expect(words.contains("Nobody is let in any more by invites of theirs: 2 open until now."))
    #expect(words.last?.hasPrefix("Who becomes an admin again later") == true && words.count == 4)
    (told.from, told.endedInvites) = ("member", 0)
    #expect(role.words(told, bob, ["b0": bob]).count == 2)
    #expect(throws: (any Error).self) { try RoleCommand.parse(["Bob", "owner"]) }
  }

  @Test("an owner who leaves hears what becomes of the others; where only a clone goes, that is said instead")
  func leaving() {
    let owns = Leaving.Owner(isOwner: true, admins: 0, successor: nil)
    var leaving = Leaving(name: "Harbour Desk", owns: owns, others: 1)
    #expect(leaving.words.count == 2)
    #expect(leaving.words[1].hasPrefix("You own it, and one other person stays. Nobody there can invite"))
    leaving.hasTwin = true
    #expect(leaving.words.count == 2 && !leaving.words[1].contains("own it"))
    #expect(leaving.words[1].hasPrefix("Only this copy goes where the other machine"))
    leaving = Leaving(name: "Harbour Desk", owns: owns, others: 0)
    #expect(leaving.words[1] == "Nobody else is in it, so nobody else has a copy.")
    leaving.others = nil
    #expect(leaving.words.count == 1)
  }
}
