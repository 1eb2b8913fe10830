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

  @Test("an address at which a connected device lives is not dialed again until that device is lost")
  func metAtAStrangersAddress() throws {
    var book = AddressBook()
    let door = try #require(Endpoint(address: [192, 0, 2, 7], port: 4_781))
    func now(_ boot: Int64) -> Instant { Instant(boot: boot, wall: 0) }
    book.hint(nil, [door], .given, at: now(0))
    let first = book.due(at: now(0), isWanted: { _ in true }, isMet: { _ in false })
    try #require(first.map(\.endpoints) == [[door]])
    book.ended(first[0].id, failure: nil, at: now(0))
    book.hint(bob, [door], .remembered, at: now(0))

    let later = now(Limits.redialLast)
    #expect(book.due(at: later, isWanted: { _ in false }, isMet: { $0 == bob }).isEmpty)
    #expect(book.nextDeadline(isWanted: { _ in false }) == 2 * Limits.redialLast)

    let lost = book.due(at: now(2 * Limits.redialLast), isWanted: { $0 == bob }, isMet: { _ in false })
    #expect(Set(lost.map(\.expecting)) == [bob, nil])
  }
}
