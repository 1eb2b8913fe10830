import BullpenCore
import BullpenStore
import Testing

@Suite("Questions to the store")
struct QueryTests {
  @Test("pages run newest first, without a gap or a double, while new ones come in")
  func pages() throws {
    let office = try Office()
    let ada = office.founder
    for place in 0..<25 {
      office.wall += 10
      _ = try ada.commit(
        Draft(office.activity("ada", "\(place)", room: place.isMultiple(of: 5) ? "board" : nil)), wall: office.wall)
    }
    var seen: [String] = []
    var after: String?
    repeat {
      let page = try ada.activities(after: after, limit: 10, wall: office.wall)
      seen += page.rows.map(\.text)
      after = page.next
      office.wall += 10
      _ = try ada.commit(Draft(office.activity("ada", "new")), wall: office.wall)
    } while after != nil
    #expect(seen == (0..<25).reversed().map { "\($0)" })
    #expect(try ada.activities(room: "board", wall: office.wall).rows.map(\.text) == ["20", "15", "10", "5", "0"])
    let key = try #require(try ada.activities(limit: 1, wall: office.wall).rows.first?.key)
    #expect(try ada.activity(key, wall: office.wall)?.text == "new")
    for bad in ["", "zz", "00"] {
      #expect(throws: StoreError.self) { try ada.activities(after: bad, wall: office.wall) }
    }
    for bad in [0, 101] { #expect(throws: StoreError.self) { try ada.activities(limit: bad, wall: office.wall) } }
  }

  @Test("the unread are counted row by row: what is sent to me, also by myself, and has no mark")
  func unread() throws {
    let office = try Office()
    let bob = try office.join("bob")
    try office.join("eve")
    let toBob = try office.notification(from: "ada", to: ["bob", "eve"])
    let toSelf = try office.notification(from: "ada", to: ["ada"])
    for draft in [toBob, toSelf] { _ = try office.founder.commit(Draft(draft), wall: office.wall) }
    try office.settle()
    let count = { (name: String) in
      try office.store(name).unreadCount(for: office.member(name), wall: office.wall)
    }
    #expect(try count("ada") == 1)
    #expect(try count("bob") == 1)
    #expect(try count("eve") == 1)
    #expect(try bob.unread(for: office.member("bob"), limit: 10, wall: office.wall) == [toBob.key])

    _ = try bob.commit(Draft(office.read("bob", toBob.key, at: office.wall + 3)), wall: office.wall)
    try office.settle()
    #expect(try count("bob") == 0)
    #expect(try count("eve") == 1)
    let page = try bob.notifications(for: office.member("bob"), wall: office.wall)
    #expect(page.rows.map(\.readAt) == [office.wall + 3])
    #expect(try bob.notifications(for: office.member("bob"), unreadOnly: true, wall: office.wall).rows.isEmpty)

    // A mark that is taken back makes it unread again.
    let mark = RowKey.mark(by: try office.member("bob"), on: toBob.key)
    _ = try bob.commit(Draft(RowDraft(Tables.notificationMarks, mark, cells: ["read_at": .null])), wall: office.wall)
    #expect(try count("bob") == 1)
    // Ada sees what she sent and what she got, once each.
    let adas = try office.founder.notifications(for: office.member("ada"), wall: office.wall)
    #expect(Set(adas.rows.map(\.key)) == [toBob.key, toSelf.key])
    // A deleted one is gone for all.
    _ = try office.founder.commit(Draft(RowDraft(Tables.notifications, toBob.key, isDelete: true)), wall: office.wall)
    try office.settle()
    #expect(try count("bob") == 0)
    #expect(try bob.notification(toBob.key, for: office.member("bob"), wall: office.wall) == nil)
  }

  @Test("names and settings are what their members said last")
  func names() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let draft = RowDraft(Tables.members, .member(try office.member("bob")), cells: ["display_name": .text("Bob B.")])
    let commit = try bob.commit(Draft(draft), wall: office.wall)
    #expect(commit.rows == ["members": [draft.key]])
    try office.settle()
    #expect(try office.founder.displayNames() == [office.member("ada"): "ada", office.member("bob"): "Bob B."])
    #expect(try office.founder.setting(office.member("bob"), "none") == nil)
  }
}
