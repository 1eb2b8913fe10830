import Testing

@testable import BullpenCore

@Suite("Where devices may be reached")
struct AddressBookTests {
  private let bob = DeviceID(bytes: [UInt8](repeating: 7, count: 32))!  // 32 bytes

  @Test("every way in which an address was named is kept, also from before it was known whose it is")
  func sources() throws {
    var book = AddressBook()
    let door = try #require(Endpoint(address: [192, 0, 2, 7], port: 4_781))
    let now = Instant(boot: 0, wall: 0)
    book.hint(nil, [door], .given, at: now)
    #expect(book.sources(of: bob) == [])
    book.hint(bob, [door], .mdns, at: now)
    book.hint(bob, [door], .remembered, at: now)
    #expect(book.sources(of: bob) == [.mdns, .remembered, .given])
    #expect(book.endpoints(of: bob) == [door])
  }
}
