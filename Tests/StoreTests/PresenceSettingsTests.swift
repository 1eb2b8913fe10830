import BullpenCore
import BullpenStore
import Testing

@Suite("Settings of presence, teams and sightings on disk")
struct PresenceSettingsTests {
  private func decide(_ settings: PresenceSettings, _ office: Office, _ store: Store, _ member: MemberID) throws {
    let key = RowKey.own(member, RowID(at: office.wall, using: &office.random))
    let row = RowDraft(Tables.presenceSettings, key, audience: [member], cells: settings.cells)
    _ = try store.commit(Draft(row), wall: office.wall)
  }

  private func name(_ team: Team, _ name: String?, _ office: Office, by person: String) throws {
    let row = try #require(team.named(by: try office.member(person), name))
    _ = try office.store(person).commit(Draft(row), wall: office.wall)
  }

  private func put(_ person: String, into team: Team, _ belongs: Bool, _ office: Office, by admin: String) throws {
    let row = try #require(
      team.member(try office.member(person), belongs: belongs, by: try office.member(admin)))
    _ = try office.store(admin).commit(Draft(row), wall: office.wall)
  }

  @Test("what a person decides is read by its other devices and by nobody else; the newest holds")
  func sealed() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let phone = try office.join("phone", secondDeviceOf: "bob")
    let eve = try office.join("eve")
    try office.settle()
    let (bobID, eveID) = (try office.member("bob"), try office.member("eve"))
    let first = PresenceSettings(level: .contacts, showsPage: true, contacts: [eveID])
    let second = PresenceSettings(level: nil, showsActivity: false, appearsOffline: true)
    try decide(first, office, bob, bobID)
    office.wall += 1_000
    try decide(second, office, phone, bobID)
    try office.settle()
    for store in [bob, phone] {
      #expect(try store.privacy(wall: office.wall).settings == second)
      let rows = try store.presenceSettings(of: bobID, wall: office.wall).rows
      #expect(rows.map(\.settings) == [second, first])
      #expect(rows.map(\.device) == [phone.device, bob.device])
    }
    for store in [office.founder, eve] {
      #expect(try store.presenceSettings(of: bobID, wall: office.wall).rows.map(\.settings) == [nil, nil])
      #expect(try store.privacy(wall: office.wall).settings == PresenceSettings())
    }
    try office.expectAgreement()
  }

  @Test("how many contacts somebody has does not show in the size of what others carry")
  func size() {
    func bytes(_ count: Int) -> Int {
      let contacts = (0..<count).map { MemberID(bytes: UInt64(1).bigEndianBytes + (UInt64($0) + 1).bigEndianBytes)! }
      guard case .bytes(let bytes)? = PresenceSettings(contacts: contacts).cells["contacts"] else { return -1 }
      return bytes.count
    }
    #expect([0, 1, 32, 33, 200].map(bytes) == [0, 512, 512, 1_024, Limits.contactsBytes])
  }

  @Test("settings hold beyond the life of their row, and a device that waits for them shows nobody anything")
  func kept() throws {
    let office = try Office(onDisk: true)
    let bob = try office.join("bob")
    let bobID = try office.member("bob")
    let hidden = PresenceSettings(level: .nobody, contacts: [try office.member("ada")])
    try decide(hidden, office, bob, bobID)
    #expect(try bob.privacy(wall: office.wall).settings == hidden)
    office.wall += 91 * Office.day
    let again = try office.restart("bob")
    #expect(try again.presenceSettings(of: bobID, wall: office.wall).rows.isEmpty)
    #expect(try again.privacy(wall: office.wall).settings == hidden)
    // What is decided later counts for more.
    try decide(PresenceSettings(level: .everyone), office, again, bobID)
    #expect(try again.privacy(wall: office.wall).level == .everyone)

    try office.settle()
    let phone = try office.join("phone", secondDeviceOf: "bob")
    try phone.awaitPresenceSettings()
    #expect(try phone.privacy(wall: office.wall).level == .nobody)
    try office.settle()
    #expect(try phone.privacy(wall: office.wall).level == .everyone)
  }

  @Test("teams are what admins say together; of two who change one at once both are heard")
  func teams() throws {
    let office = try Office()
    try office.join("bob", role: .admin)
    let eve = try office.join("eve")
    try office.settle()
    let team = Team(id: TeamID(using: &office.random), name: "Night desk", members: [])
    try name(team, "Night desk", office, by: "ada")
    try office.settle()
    office.wall += 1
    try put("eve", into: team, true, office, by: "ada")
    try put("bob", into: team, true, office, by: "bob")
    try name(team, "Late desk", office, by: "bob")
    try office.settle()
    let both = [try office.member("bob"), try office.member("eve")].sorted()
    for store in office.everybody {
      #expect(try store.teams() == [Team(id: team.id, name: "Late desk", members: both)])
    }
    office.wall += 1
    try put("eve", into: team, false, office, by: "bob")
    try office.settle()
    #expect(try eve.teams().map(\.members) == [[try office.member("bob")]])
    let refused = try #require(throws: StoreError.self) { try name(team, "Mine", office, by: "eve") }
    #expect(refused.code == .forbidden)
    office.wall += 1
    try name(team, nil, office, by: "ada")
    try office.settle()
    for store in office.everybody { #expect(try store.teams() == []) }
    try office.expectAgreement()
  }

  @Test("the workspace's default is the newest that the owner set, and the team where it makes no sense")
  func usual() throws {
    let office = try Office()
    let bob = try office.join("bob", role: .admin)
    for (value, level) in [("contacts", VisibilityLevel.contacts), ("friends", .team), ("everyone", .everyone)] {
      try choose(value, office, by: "ada")
      #expect(try office.founder.privacy(wall: office.wall).usual == level)
    }
    // An admin's program may write what it likes; it does not count.
    try choose("nobody", office, by: "bob")
    try office.settle()
    for store in [office.founder, bob] { #expect(try store.privacy(wall: office.wall).usual == .everyone) }
  }

  private func choose(_ level: String, _ office: Office, by person: String) throws {
    office.wall += 1
    let key = try #require(RowKey.named(try office.member(person), Store.visibilitySetting))
    let row = RowDraft(Tables.workspaceSettings, key, cells: ["value": .text(level)])
    _ = try office.store(person).commit(Draft([row]), wall: office.wall)
  }

  @Test("when others were seen is kept over a restart")
  func sightings() throws {
    let office = try Office(onDisk: true)
    let bob = try office.join("bob")
    let first = LastSeen(device: bob.device, since: 5, last: 9)
    try office.founder.keep([first])
    let second = LastSeen(
      device: bob.device, since: 5, last: 12, page: RoomID.room(ofPage: "/plan"), activity: .typing, hearsay: .team)
    try office.founder.keep([second])
    #expect(try office.restart("ada").sightings() == [second])
    try office.founder.keep([first])
    #expect(try office.restart("ada").sightings() == [first], "nothing of it is left of another time")
  }
}
