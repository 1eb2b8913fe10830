import BullpenCore
import Testing

@Suite("Statements that are dated back")
struct BackdatingTests {
  typealias Office = MembershipOffice

  @Test("who was cut does not let a puppet in under an old number, beside the log")
  func oldNumber() {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    let first = office.admit("carol", by: "bob", at: 20, sequence: 2)
    office.admit("dave", by: "bob", at: 30, sequence: 7)
    office.cut("bob", keeping: 9, by: "ada", at: 40)
    // Bob signs whatever he likes under the numbers of entries that hold something else.
    office.admit("early", by: "bob", at: 11, sequence: 1)
    office.admit("beside", by: "bob", at: 21, sequence: 5, after: first)
    office.admit("instead", by: "bob", at: 30, sequence: 7, after: first)
    office.admit("last", by: "bob", at: 35, sequence: 9)
    #expect(office.role("carol") == .member)
    #expect(office.role("dave") == .member)
    for puppet in ["early", "beside", "instead", "last"] { #expect(office.role(puppet) == nil, "\(puppet)") }
  }

  @Test("who was demoted does not act as an admin under an old number")
  func demoted() {
    var office = Office()
    let grant = office.admit("bob", as: .admin, by: "ada", at: 10)
    office.offer("door", by: "bob", at: 15)
    office.admit("carol", by: "ada", at: 20)
    office.demote("bob", ending: [grant], keeping: 8, by: "ada", at: 30)
    office.offer("window", by: "bob", at: 16)
    office.admit("puppet", as: .admin, by: "bob", at: 17, sequence: 3)
    office.cut("carol", by: "bob", at: 18, sequence: 4)
    let membership = office.membership
    #expect(membership.invite(Office.invite("door")) != nil)
    #expect(membership.invite(Office.invite("window")) == nil)
    #expect(office.role("puppet") == nil)
    #expect(office.role("carol") == .member)
  }

  @Test("while a statement of the line has not come, the number decides; once it has, the line does")
  func gap() {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    office.admit("carol", by: "bob", at: 20, sequence: 2)
    let middle = office.admit("dave", by: "bob", at: 30, sequence: 4)
    office.admit("erin", by: "bob", at: 40, sequence: 6)
    office.cut("bob", keeping: 6, by: "ada", at: 50)
    let beside = office.admit("beside", by: "bob", at: 21, sequence: 3)
    func roles(without missing: StatementID?) -> [Role?] {
      let known = office.statements.filter { $0.value.id != missing }
      let membership = Membership.evaluate(known, prover: Office.prover)
      return ["carol", "beside", "dave", "erin"].map { membership.device(Office.device($0))?.role }
    }
    #expect(roles(without: middle) == [.member, .member, nil, .member], "carol is no stranger meanwhile")
    #expect(roles(without: nil) == [.member, nil, .member, .member])
    #expect(roles(without: beside) == roles(without: nil))
  }

  @Test("a cut of one's own making names the end of the longest line of which all is here")
  func end() {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    office.admit("carol", by: "bob", at: 20, sequence: 2)
    let second = office.admit("dave", by: "bob", at: 30, sequence: 4)
    let unknown = StatementID(Scramble.bytes("never made"))
    office.admit("loose", by: "bob", at: 35, sequence: 5, after: unknown)
    #expect(office.membership.lastStatement(of: Office.log("bob")) == second)
    #expect(office.membership.lastStatement(of: Office.log("bob"), through: 1) == nil)
    let cut = office.membership.cut(of: Office.device("bob"), at: office.heads)
    office.state(.cut(cut), by: "ada", at: 50)
    office.admit("beside", by: "bob", at: 21, sequence: 3)
    #expect(office.role("dave") == .member)
    #expect(office.role("loose") == nil)
    #expect(office.role("beside") == nil)
  }

  @Test("of two cuts that keep different lines only what both keep stands")
  func twoLines() {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    let shared = office.admit("carol", by: "bob", at: 20, sequence: 1)
    let left = office.admit("left", by: "bob", at: 30, sequence: 2, after: shared)
    let right = office.admit("right", by: "bob", at: 31, sequence: 2, after: shared)
    for (end, time) in [(left, 40), (right, 41)] as [(StatementID, Int64)] {
      let kept = KeptLog(log: Office.log("bob"), head: Head(sequence: 2, digest: .zero), statement: end)
      office.state(.cut(Cut(device: Office.device("bob"), kept: [kept])), by: "ada", at: time)
    }
    #expect(office.role("carol") == .member)
    #expect(office.role("left") == nil)
    #expect(office.role("right") == nil)
  }

  @Test("nobody claims a further device of somebody else's, whatever its stamp and kind")
  func claimed() {
    var office = Office()
    office.admit("mallory", as: .admin, by: "ada", at: 5)
    office.offer("door", by: "ada", at: 6)
    office.admit("bob", by: "ada", at: 10)
    office.admit("phone", of: "bob", by: "bob", at: 20)
    office.admit("phone", by: "mallory", at: 7, invite: "door", isAgreed: false)
    office.admit("phone", by: "mallory", at: 8, isAgreed: false)
    office.admit("phone", of: "mallory", by: "mallory", at: 9, isAgreed: false)
    #expect(office.membership.author(Office.device("phone")) == office.member("bob"))
    #expect(office.membership.members[office.member("phone")] == nil)
    #expect(office.membership.members[office.member("mallory")]?.devices == [Office.device("mallory")])
  }

  @Test("a lost laptop's cuts of others are void once its own member has cut it, whatever their stamps")
  func thief() {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    office.admit("phone", as: .admin, of: "bob", by: "bob", at: 20)
    office.admit("carol", by: "ada", at: 30)
    office.cut("phone", keeping: 0, by: "bob", at: 50)
    office.cut("carol", by: "phone", at: 31)
    #expect(office.role("carol") == .member)
  }

  @Test("what a thief linked from a member's stolen laptop goes with it, whoever was let in stays")
  func linkedByThief() {
    var office = Office()
    office.offer("door", by: "ada", at: 1)
    office.admit("bob", by: "ada", at: 10)
    office.admit("desk", of: "bob", by: "bob", at: 15)
    office.admit("phone", of: "bob", by: "bob", at: 20)
    office.admit("carol", by: "phone", at: 25, invite: "door")
    office.admit("tablet", of: "bob", by: "phone", at: 30)
    office.admit("puppet", of: "bob", by: "tablet", at: 31)
    office.admit("friend", by: "puppet", at: 32, invite: "door")
    office.cut("phone", keeping: 1, by: "desk", at: 40)
    #expect(["desk", "bob", "carol", "friend"].map { office.role($0) } == [.member, .member, .member, .member])
    for gone in ["phone", "tablet", "puppet"] { #expect(office.role(gone) == nil, "\(gone)") }
  }

  @Test("whoever lets a newcomer in does not put another key into their place")
  func key() {
    var office = Office()
    office.admit("mallory", by: "ada", at: 5)
    office.offer("door", by: "ada", at: 6)
    office.admit("bob", by: "mallory", at: 20, invite: "door", isAgreed: true)
    // The same newcomer, earlier and with the admitter's own key, which Bob's device has never signed.
    office.admit("bob", by: "mallory", at: 10, invite: "door", key: "mallory", isAgreed: false)
    let membership = office.membership
    #expect(membership.memberKey(of: office.member("bob")) == Office.key("bob"))
    #expect(membership.uses(of: Office.invite("door")) == 1)
  }
}
