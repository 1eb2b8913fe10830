import BullpenCore
import BullpenCrypto
import BullpenStore
import Testing

/// What becomes of sealed things when a laptop is lost. A modified program may well get at the logs, so the lost one
/// hears everything here.
@Suite("Keys after a cut")
struct KeyKeepingTests {
  /// Bob has two laptops, and the one that is lost is the first.
  private func office() throws -> Office {
    let office = try Office()
    try office.join("bob")
    try office.join("bobs other", secondDeviceOf: "bob")
    try office.settle()
    return office
  }

  private func lose(_ name: String, in office: Office) throws {
    let ada = try office.store("ada")
    let device = try office.author(name).device.id
    let cut = try ada.membership().cut(of: device, holding: ada.logs(of: [device]))
    _ = try ada.state(.cut(cut), wall: office.wall)
  }

  private func send(_ title: String, in office: Office) throws -> RowKey {
    office.wall += 1_000
    let draft = try office.notification(from: "ada", to: ["bob"], title: title)
    _ = try office.store("ada").commit(Draft(draft), wall: office.wall)
    return draft.key
  }

  private func title(_ key: RowKey, at name: String, in office: Office) throws -> String? {
    try office.store(name).notification(key, for: office.member("bob"), wall: office.wall)?.title
  }

  @Test("what is sealed after a cut opens at the laptops that are left, and not at the lost one")
  func fromTheFirstMoment() throws {
    let office = try office()
    let before = try send("before", in: office)
    try office.settle()
    try lose("bob", in: office)
    // Nobody has stated another key yet.
    let between = try send("between", in: office)
    try office.settle()
    #expect(try title(before, at: "bob", in: office) == "before", "what it had stays its own")
    #expect(try title(before, at: "bobs other", in: office) == "before")
    #expect(try title(between, at: "bob", in: office) == nil)
    #expect(try title(between, at: "bobs other", in: office) == "between")

    _ = try office.store("bobs other").keepKeys(wall: office.wall)
    try office.settle()
    let after = try send("after", in: office)
    try office.settle()
    #expect(try title(between, at: "bob", in: office) == nil)
    #expect(try title(after, at: "bob", in: office) == nil)
    #expect(try title(after, at: "bobs other", in: office) == "after")
    #expect(try title(after, at: "ada", in: office) == nil, "asked for in another's name")
    try office.expectAgreement()
  }

  @Test("a laptop that is linked afterwards reads it all")
  func later() throws {
    let office = try office()
    let before = try send("before", in: office)
    try lose("bob", in: office)
    let between = try send("between", in: office)
    try office.settle()
    let other = try office.store("bobs other")
    _ = try other.keepKeys(wall: office.wall)
    let after = try send("after", in: office)
    try office.settle()
    try office.join("bobs third", secondDeviceOf: "bobs other")
    try office.settle()
    _ = try other.keepKeys(wall: office.wall)
    try office.settle()
    for (key, text) in [(before, "before"), (between, "between"), (after, "after")] {
      #expect(try title(key, at: "bobs third", in: office) == text)
    }
    // It can do the same for a fourth when all others are gone.
    try lose("bobs other", in: office)
    let late = try send("late", in: office)
    try office.settle()
    _ = try office.store("bobs third").keepKeys(wall: office.wall)
    try office.settle()
    try office.join("bobs fourth", secondDeviceOf: "bobs third")
    _ = try office.store("bobs third").keepKeys(wall: office.wall)
    try office.settle()
    #expect(try title(late, at: "bobs fourth", in: office) == "late")
    #expect(try title(between, at: "bobs fourth", in: office) == "between")
    #expect(try title(late, at: "bobs other", in: office) == nil)
    try office.expectAgreement()
  }

  @Test("with nothing to do nothing is written, however often one asks")
  func idle() throws {
    let office = try office()
    for name in ["ada", "bob", "bobs other"] {
      #expect(try office.store(name).keepKeys(wall: office.wall).heads.isEmpty)
    }
    try lose("bob", in: office)
    try office.settle()
    #expect(try office.store("ada").keepKeys(wall: office.wall).heads.isEmpty)
    #expect(try office.store("bob").keepKeys(wall: office.wall).heads.isEmpty, "the lost one itself")
    #expect(try !office.store("bobs other").keepKeys(wall: office.wall).heads.isEmpty)
    #expect(try office.store("bobs other").keepKeys(wall: office.wall).heads.isEmpty)
  }

  @Test("what is dead is granted to nobody anew, though it is still here")
  func dead() throws {
    let office = try office()
    try lose("bob", in: office)
    _ = try send("between", in: office)
    try office.settle()
    office.wall += 91 * Office.day
    let other = try office.store("bobs other")
    #expect(try other.keepKeys(wall: office.wall).heads.map(\.log.kind) == [.lasting], "a new key and no grant")
    #expect(try other.keepKeys(wall: office.wall).heads.isEmpty)
  }

  @Test("nothing more is sealed under a row's key that a lost laptop holds")
  func edits() throws {
    let office = try office()
    let ada = try office.store("ada")
    var draft = try office.notification(from: "ada", to: ["bob"], title: "One")
    _ = try ada.commit(Draft(draft), wall: office.wall)
    try lose("bob", in: office)
    draft.cells = ["title": .text("Two")]
    let refused = try #require(throws: StoreError.self) { try ada.commit(Draft(draft), wall: office.wall + 1) }
    #expect(refused.code == .forbidden)
    try office.settle()
    #expect(try title(draft.key, at: "bobs other", in: office) == "One")
  }

  @Test("who is removed for good cannot be written to")
  func removed() throws {
    let office = try office()
    try lose("bob", in: office)
    try lose("bobs other", in: office)
    let draft = try office.notification(from: "ada", to: ["bob"])
    let refused = try #require(throws: StoreError.self) {
      try office.store("ada").commit(Draft(draft), wall: office.wall)
    }
    #expect(refused.code == .invalid)
  }
}
