import BullpenCore
import Testing

@Suite("Keys of members")
struct MemberKeyTests {
  typealias Office = MembershipOffice

  static func generation(_ key: String, without: [String] = [], for devices: [String]) -> Statement.Claim {
    let box = [UInt8](repeating: 1, count: Limits.keyBoxBytes)
    return .generation(
      KeyGeneration(
        key: Office.key(key), without: without.map(Office.device).sorted(),
        boxes: devices.map { KeyBox(device: Office.device($0), box: box) }))
  }

  /// Bob with a laptop, "bob", and a tablet.
  private func office() -> Office {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.admit("tablet", of: "bob", by: "bob", at: 20)
    return office
  }

  private func sealing(_ office: Office, _ member: String = "bob") -> Membership.Sealing? {
    office.membership.sealing(to: office.member(member))
  }

  @Test("what is meant for a member is sealed to one key, until a device that holds it is cut")
  func cut() {
    var office = office()
    #expect(sealing(office) == .key(Office.key("bob")))
    #expect(sealing(office, "ada") == .key(Office.key("ada")))
    office.cut("bob", keeping: 9, by: "ada", at: 30)
    #expect(sealing(office) == .devices([Office.device("tablet")]))
    #expect(sealing(office, "ada") == .key(Office.key("ada")), "nobody else is concerned")
    #expect(
      office.membership.keyDuty(of: Office.device("tablet"))
        == .generation(without: [Office.device("bob")], for: [Office.device("tablet")]))
    #expect(office.membership.keyDuty(of: Office.device("ada")) == nil)
    #expect(office.membership.keyDuty(of: Office.device("bob")) == nil, "who is cut owes nothing")

    office.state(Self.generation("new", without: ["bob"], for: ["tablet"]), by: "tablet", at: 40)
    #expect(sealing(office) == .key(Office.key("new")))
    #expect(office.membership.keyDuty(of: Office.device("tablet")) == nil)
    #expect(office.membership.keyBoxes(for: Office.device("tablet")).map(\.key) == [Office.key("new")])
    #expect(office.membership.keyBoxes(for: Office.device("bob")).isEmpty)
  }

  @Test("nothing is sealed to who has no device left")
  func gone() {
    var office = office()
    office.cut("bob", keeping: 9, by: "ada", at: 30)
    office.cut("tablet", by: "ada", at: 40)
    #expect(sealing(office) == nil)
    #expect(office.membership.sealing(to: office.member("stranger")) == nil)
  }

  @Test("a key that a lost laptop has stated is none, whomever it leaves out")
  func stolen() {
    var office = office()
    // Before anybody knows that it is lost, and within what the cut keeps.
    office.state(Self.generation("theirs", without: ["bob"], for: ["bob", "tablet"]), by: "bob", at: 25)
    #expect(sealing(office) == .key(Office.key("theirs")))
    office.cut("bob", keeping: 9, by: "ada", at: 30)
    #expect(sealing(office) == .devices([Office.device("tablet")]))
    // And what it states behind the cut does not spoil a good one.
    office.state(Self.generation("new", without: ["bob"], for: ["tablet"]), by: "tablet", at: 40)
    office.state(Self.generation("new", for: ["bob"]), by: "bob", at: 41, sequence: 12)
    #expect(sealing(office) == .key(Office.key("new")))
  }

  @Test("somebody else's word on a key makes it theirs, and no key of the member's")
  func others() {
    var office = office()
    office.admit("eve", by: "ada", at: 21)
    office.state(Self.generation("eves", for: ["tablet"]), by: "eve", at: 30)
    #expect(sealing(office) == .key(Office.key("bob")))
    #expect(sealing(office, "eve") == .key(Office.key("eves")))
    #expect(office.membership.keyBoxes(for: Office.device("tablet")).isEmpty)
  }

  @Test("a device that was linked later is given the key, and takes it along when it is cut")
  func later() {
    var office = office()
    office.admit("phone", of: "bob", by: "bob", at: 22)
    office.cut("bob", keeping: 9, by: "ada", at: 30)
    office.state(Self.generation("new", without: ["bob"], for: ["tablet", "phone"]), by: "tablet", at: 40)
    office.admit("watch", of: "bob", by: "tablet", at: 50, key: "bob")
    let holders = ["tablet", "phone"].map(Office.device).sorted()
    let share = Membership.KeyDuty.share(
      Office.key("new"), without: [Office.device("bob")], with: [Office.device("watch")])
    // One of those who hold it is enough.
    #expect(office.membership.keyDuty(of: holders[0]) == share)
    #expect(office.membership.keyDuty(of: holders[1]) == nil)
    #expect(office.membership.keyDuty(of: Office.device("watch")) == nil)

    office.state(Self.generation("new", without: ["bob"], for: ["watch"]), by: "tablet", at: 60)
    #expect(office.membership.keyDuty(of: holders[0]) == nil)
    office.cut("watch", by: "ada", at: 70)
    #expect(sealing(office) == .devices(holders))
    // Also where somebody tells that it was left out.
    office.state(Self.generation("new", without: ["bob", "watch"], for: ["tablet"]), by: "tablet", at: 80)
    #expect(sealing(office) == .devices(holders))
    office.state(Self.generation("newer", without: ["bob", "watch"], for: ["tablet", "phone"]), by: "tablet", at: 90)
    #expect(sealing(office) == .key(Office.key("newer")))
  }

  @Test("of two keys that were stated at once all take the same, in whatever order they hear of them", arguments: 0..<8)
  func atOnce(seed: UInt64) {
    var office = office()
    office.admit("phone", of: "bob", by: "bob", at: 22)
    office.cut("bob", keeping: 9, by: "ada", at: 30)
    office.state(Self.generation("one", without: ["bob"], for: ["tablet", "phone"]), by: "tablet", at: 40)
    office.state(Self.generation("other", without: ["bob"], for: ["tablet", "phone"]), by: "phone", at: 40)
    var random = SeededRandomness(seed: seed)
    let shuffled = Membership.evaluate(office.statements.shuffled(using: &random), prover: Office.prover)
    #expect(shuffled.sealing(to: office.member("bob")) == sealing(office))
    #expect([.key(Office.key("one")), .key(Office.key("other"))].contains(sealing(office)))
  }
}
