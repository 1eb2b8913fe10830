import BullpenCore
import Testing

/// Who may void what a clock that was ahead has stamped.
@Suite("Voidings")
struct VoidingTests {
  typealias Office = MembershipOffice

  /// Ada's, with an admin, Bob, a later admin, Cem, and two members.
  private func office() -> Office {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    office.admit("cem", as: .admin, by: "ada", at: 20)
    office.admit("dan", by: "ada", at: 30)
    office.admit("eve", by: "ada", at: 40)
    return office
  }

  private static func entry(_ device: String, _ sequence: UInt64 = 50) -> LogHead {
    LogHead(log: Office.log(device), head: Head(sequence: sequence, digest: .zero))
  }

  private func counts(_ office: Office, _ entry: LogHead) -> Bool {
    office.membership.voidings(of: entry.log)[entry.head] != nil
  }

  @Test(
    "the author, the owner and admins void as far as they reach",
    arguments: [
      ("ada", "bob", true), ("ada", "eve", true), ("bob", "cem", true), ("cem", "bob", false), ("bob", "ada", false),
      ("cem", "eve", true), ("dan", "eve", false), ("eve", "eve", true), ("bob", "bob", true),
    ])
  func reach(signer: String, author: String, isPossible: Bool) {
    var office = office()
    #expect(office.membership.mayVoid(Office.log(author), by: Office.device(signer)) == isPossible)
    office.state(.voiding(Self.entry(author)), by: signer, at: 100)
    #expect(counts(office, Self.entry(author)) == isPossible)
    #expect(!counts(office, Self.entry(author, 51)), "nothing but that one entry")
  }

  @Test("nobody voids in a log of a device that is nobody's, and no stranger does anywhere")
  func strangers() {
    var office = office()
    office.state(.voiding(Self.entry("zoe")), by: "ada", at: 100)
    office.state(.voiding(Self.entry("eve")), by: "zoe", at: 100)
    #expect(!counts(office, Self.entry("zoe")))
    #expect(!counts(office, Self.entry("eve")))
  }

  @Test("it stands with what a cut or a demotion keeps of its signer, and falls with the rest")
  func cuts() {
    for isKept in [true, false] {
      var cut = office()
      cut.state(.voiding(Self.entry("eve")), by: "bob", at: 100, sequence: 5)
      cut.cut("bob", keeping: isKept ? 5 : 4, by: "ada", at: 200)
      #expect(counts(cut, Self.entry("eve")) == isKept)

      var demoted = Office()
      let role = demoted.admit("bob", as: .admin, by: "ada", at: 10)
      demoted.admit("eve", by: "ada", at: 40)
      demoted.state(.voiding(Self.entry("eve")), by: "bob", at: 100, sequence: 5)
      demoted.demote("bob", ending: [role], keeping: isKept ? 5 : 4, by: "ada", at: 200)
      #expect(counts(demoted, Self.entry("eve")) == isKept)
    }
  }

  @Test("what somebody wrote before they were cut can be voided, and of two voidings that with the lesser stamp counts")
  func least() throws {
    var office = office()
    office.cut("eve", keeping: 60, by: "ada", at: 90)
    office.state(.voiding(Self.entry("eve")), by: "ada", at: 300)
    office.state(.voiding(Self.entry("eve")), by: "bob", at: 200)
    office.state(.voiding(Self.entry("eve")), by: "cem", at: 400)
    let voiding = try #require(office.membership.voidings(of: Office.log("eve"))[Self.entry("eve").head])
    #expect(voiding.statement.signer == Office.device("bob"))
  }

  @Test("five minutes lie between the stamps, to the millisecond")
  func bound() {
    let time = HybridTime(milliseconds: 1_000, counter: 7)
    func voids(_ milliseconds: Int64) -> Bool {
      Membership.voids(at: time, entryAt: HybridTime(milliseconds: milliseconds, counter: 0))
    }
    #expect(!voids(1_000 + Limits.clockBound))
    #expect(voids(1_001 + Limits.clockBound))
  }
}
