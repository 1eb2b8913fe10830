import BullpenCore
import BullpenCrypto
import BullpenStore
import Foundation
import Testing

@Suite("Sealed cells")
struct SealTests {
  @Test("a notification opens for whom it names and for its sender; others carry it and cannot")
  func audience() throws {
    let office = try Office()
    try office.join("bob")
    try office.join("eve")
    let draft = try office.notification(from: "ada", to: ["bob"], title: "Bob only", body: "Not for eve")
    _ = try office.store("ada").commit(Draft(draft), wall: office.wall)
    try office.settle()
    try office.expectAgreement()
    let seen = { (name: String) in
      try office.store(name).notification(draft.key, for: office.member(name), wall: office.wall)
    }
    #expect(try seen("bob")?.title == "Bob only")
    #expect(try seen("bob")?.body == "Not for eve")
    #expect(try seen("bob")?.recipients == [office.member("bob")])
    #expect(try seen("ada")?.title == "Bob only")
    #expect(try seen("eve") == nil)
    // Nor does she get further by asking in bob's name.
    let asBob = try #require(
      try office.store("eve").notification(draft.key, for: office.member("bob"), wall: office.wall))
    #expect(asBob.title == nil && asBob.body == nil)
  }

  @Test("the text of a notification is in no file, not even of its author")
  func noPlainText() throws {
    let office = try Office(onDisk: true)
    try office.join("bob")
    try office.join("eve")
    let secret = "the merger is off since Thursday"
    for _ in 0..<5 {
      let draft = try office.notification(from: "ada", to: ["bob"], title: secret, body: secret + "!")
      _ = try office.store("ada").commit(Draft(draft), wall: office.wall)
    }
    let heard = try office.activity("ada", "clear as day")
    _ = try office.store("ada").commit(Draft(heard), wall: office.wall)
    try office.settle()
    for name in ["ada", "bob", "eve"] {
      _ = try office.store(name).notifications(for: office.member(name), wall: office.wall)
      let bytes = try office.bytesOnDisk(name)
      #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(name) holds it in the clear")
      #expect(bytes.range(of: Data("clear as day".utf8)) != nil, "the search finds what is there")
    }
    #expect(try office.store("bob").unreadCount(for: office.member("bob"), wall: office.wall) == 5)
  }

  @Test("an edit keeps the row's key, and whoever is added can read old and new")
  func widen() throws {
    let office = try Office()
    try office.join("bob")
    try office.join("eve")
    let ada = try office.store("ada")
    var draft = try office.notification(from: "ada", to: ["bob"], title: "One", body: "first")
    _ = try ada.commit(Draft(draft), wall: office.wall)
    draft.audience = try [office.member("bob"), office.member("eve")]
    draft.cells = ["title": .text("Two")]
    let commit = try ada.commit(Draft(draft), wall: office.wall + 1)
    #expect(commit.rows["grants"]?.count == 1)
    try office.settle()
    for name in ["bob", "eve"] {
      let seen = try #require(
        try office.store(name).notification(draft.key, for: office.member(name), wall: office.wall))
      #expect(seen.title == "Two")
      #expect(seen.body == "first")
      #expect(seen.recipients == (try [office.member("bob"), office.member("eve")].sorted()))
    }
    draft.audience = try [office.member("eve")]
    let error = try #require(throws: StoreError.self) { try ada.commit(Draft(draft), wall: office.wall + 2) }
    #expect(error.code == .invalid)
  }

  @Test("a second device of the sender opens and edits what the first has sent")
  func secondDevice() throws {
    let office = try Office()
    try office.join("bob")
    let desk = try office.join("desk", secondDeviceOf: "ada")
    var draft = try office.notification(from: "ada", to: ["bob"], title: "From the laptop")
    _ = try office.store("ada").commit(Draft(draft), wall: office.wall)
    try office.settle()
    draft.cells = ["title": .text("From the desk")]
    _ = try desk.commit(Draft(draft), wall: office.wall + 5)
    try office.settle()
    try office.expectAgreement()
    let seen = try office.store("bob").notification(draft.key, for: office.member("bob"), wall: office.wall)
    #expect(seen?.title == "From the desk")
  }

  @Test("a cipher that is moved to another column does not open")
  func moved() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let draft = try office.notification(from: "ada", to: ["bob"], title: "Title", body: "Body")
    _ = try office.store("ada").commit(Draft(draft), wall: office.wall)
    try office.settle()
    try bob.run("UPDATE notifications SET title = body, body = title")
    let seen = try #require(try bob.notification(draft.key, for: office.member("bob"), wall: office.wall))
    #expect(seen.title == nil && seen.body == nil)
    #expect(seen.kind == "message")
  }
}
