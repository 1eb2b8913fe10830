import Testing

@testable import BullpenCore

@Suite("Where a cursor comes to rest")
struct RestingCursorTests {
  typealias Office = MembershipOffice
  private let ada = Office.device("ada")
  private let bob = Office.device("bob")
  private let carol = Office.device("carol")

  private func cursors(_ hall: RoomHall, from device: DeviceID, to other: DeviceID) -> [RoomHall.Letter] {
    hall.sent.filter { letter in
      guard case .cursor = letter.message else { return false }
      return letter.from == device && letter.to == other
    }
  }

  /// Ada moves her hand for a second and stops; all but what comes later arrives.
  private func moving() -> RoomHall {
    var hall = RoomHall()
    for line in 1...100 as ClosedRange<UInt32> {
      hall.point("ada", line: line)
      hall.pass(10)
      if line < 100 { hall.deliverAll() }
    }
    return hall
  }

  @Test("the last move is lost, and everybody sees where the hand rests within 400 ms")
  func lastIsLost() {
    var hall = moving()
    hall.pass(40)
    hall.wire = []
    #expect(hall.seen(by: bob)[ada] != 100)
    hall.pass(400)
    hall.deliverAll()
    for device in hall.devices where device != ada { #expect(hall.seen(by: device) == [ada: 100]) }
  }

  @Test("of three sayings of the last move any one is enough", arguments: 0...2)
  func anyOne(kept: Int) {
    var hall = moving()
    hall.pass(1_000)
    let last = hall.wire.filter { $0.to == bob && $0.from == ada }.suffix(3)
    #expect(last.count == 3 && Set(last.map(\.message)).count == 1, "the same words under the same version")
    hall.wire = [Array(last)[kept]]
    hall.deliverAll()
    #expect(hall.seen(by: bob) == [ada: 100])
  }

  @Test("a cursor that is gone is said to be gone three times")
  func removal() {
    var hall = moving()
    hall.pass(1_000)
    hall.deliverAll()
    hall.point("ada", line: nil)
    hall.wire = []
    #expect(hall.seen(by: bob) == [ada: 100])
    hall.pass(400)
    hall.deliverAll()
    #expect(hall.seen(by: bob) == [:] && hall.seen(by: carol) == [:])
    let said = hall.sent.count
    hall.pass(Limits.cursorLifetime)
    #expect(hall.sent.count == said)
  }

  @Test("what a newcomer is told of a hand that rests may be lost as well")
  func newcomer() {
    var hall = moving()
    hall.pass(1_000)
    hall.deliverAll()
    hall.enter(bob, [], of: ada)
    hall.enter(bob, [hall.board], of: ada)
    let before = hall.wire.count
    #expect(before == 1)
    hall.wire = []
    hall.pass(100)
    #expect(hall.wire.contains { $0.to == bob })
  }

  @Test("while a hand moves nothing is said twice, and whoever has heard it is not told anew")
  func moves() {
    var hall = moving()
    let versions = cursors(hall, from: ada, to: bob).compactMap { letter in
      if case .cursor(let update) = letter.message { update.version } else { nil }
    }
    #expect(Set(versions).count == versions.count)
    hall.deliverAll()
    hall.pass(100)
    hall.deliverAll()
    let told = hall.told[bob]?.count
    hall.pass(1_000)
    #expect(!hall.wire.isEmpty)
    hall.deliverAll()
    #expect(hall.told[bob]?.count == told)
    hall.point("ada", line: 7)
    hall.pass(50)
    hall.point("ada", line: 8)
    hall.pass(1_000)
    let lines = cursors(hall, from: ada, to: bob).suffix(4).map { letter -> UInt32? in
      if case .cursor(let update) = letter.message { update.position?.line } else { nil }
    }
    #expect(lines == [7, 8, 8, 8])
  }

  @Test("who hides in the meantime says nothing more, and who has left does not either")
  func hides() {
    for isLeaving in [true, false] {
      var hall = RoomHall()
      hall.point("ada", line: 1)
      if isLeaving { hall.act(.leave(hall.board), by: ada) } else { hall.hide(ada) }
      let said = cursors(hall, from: ada, to: bob).count
      hall.pass(1_000)
      #expect(cursors(hall, from: ada, to: bob).count == said)
    }
  }
}
