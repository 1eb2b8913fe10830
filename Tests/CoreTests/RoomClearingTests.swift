import Testing

@testable import BullpenCore

@Suite("Clearing a room, and cursors over a bad network")
struct RoomClearingTests {
  typealias Office = MembershipOffice
  private let ada = Office.device("ada")
  private let bob = Office.device("bob")
  private let carol = Office.device("carol")

  /// Everybody points, and everybody sees it.
  private func pointing() -> RoomHall {
    var hall = RoomHall()
    for (line, name) in RoomHall.names.enumerated() { hall.point(name, line: UInt32(line + 1)) }
    hall.deliverAll()
    return hall
  }

  @Test("an admin's word takes every cursor out, for everybody, and says so to the views")
  func clear() {
    var hall = pointing()
    for device in hall.devices { #expect(hall.seen(by: device).count == 3) }
    hall.clear("bob")
    hall.deliverAll()
    for device in hall.devices {
      #expect(hall.seen(by: device).isEmpty)
      #expect(hall.machines[device]?.all(in: hall.board) == [])
      for name in RoomHall.names {
        #expect(
          hall.told[device]?.filter {
            $0 == .removed(hall.board, hall.office.member(name), Office.device(name))
          }.count == 1)
      }
    }
    hall.pass(1_000)
    hall.deliverAll()
    hall.point("carol", line: 9)
    hall.deliverAll()
    #expect(hall.seen(by: ada) == [carol: 9], "the room is open as before")
  }

  @Test("it is said three times and done once: who moved since stays")
  func repeated() {
    var hall = pointing()
    hall.wire = []
    hall.clear("ada")
    hall.deliverAll()
    hall.pass(50)
    hall.point("carol", line: 7)
    hall.pass(1_000)
    hall.deliverAll()
    #expect(hall.seen(by: bob) == [carol: 7])
    let clears = hall.sent.filter { if case .clear = $0.message { $0.to == carol } else { false } }
    #expect(clears.map(\.at) == [0] + Limits.clearRepeats)
    #expect(hall.machines[ada]?.clearing.isEmpty == true)
  }

  @Test("who did not hear it the first time hears it later")
  func lost() {
    var hall = pointing()
    hall.clear("ada")
    hall.wire = []
    #expect(hall.seen(by: bob).count == 3)
    hall.pass(1_000)
    hall.deliverAll()
    #expect(hall.seen(by: bob).isEmpty)
  }

  @Test("nobody but an admin clears a room, not even by a node that was changed")
  func refused() {
    var hall = pointing()
    let before = hall.sent.count
    hall.clear("carol")
    #expect(hall.sent.count == before)
    let forged = CursorClear(room: hall.board, version: PresenceVersion(session: 9, counter: 9))
    for device in [carol, Office.device("stranger")] {
      hall.deliver(RoomHall.Letter(from: device, to: ada, message: .clear(forged), at: 0))
    }
    #expect(hall.seen(by: ada).count == 3)
    #expect(hall.machines[ada]?.all(in: hall.board).count == 4)
  }

  @Test(
    "in whatever order and however often cursors arrive, everybody ends with the newest",
    arguments: 1...40 as ClosedRange<UInt64>)
  func newestWins(seed: UInt64) {
    var random = SeededRandomness(seed: seed)
    var hall = RoomHall()
    play(&hall, steps: 150, clears: false, &random)
    settle(&hall, &random)
    for device in hall.devices { #expect(hall.seen(by: device) == hall.truth(for: device)) }
    hall.pass(Limits.cursorLifetime)
    for device in hall.devices {
      #expect(hall.seen(by: device).isEmpty, "nobody moved for 300 s")
      #expect(hall.machines[device]?.all(in: hall.board) == [])
    }
  }

  @Test(
    "with rooms that are cleared in between nobody sees a cursor that is not there",
    arguments: 1...40 as ClosedRange<UInt64>)
  func noGhosts(seed: UInt64) {
    var random = SeededRandomness(seed: seed)
    var hall = RoomHall()
    play(&hall, steps: 150, clears: true, &random)
    settle(&hall, &random)
    for device in hall.devices {
      let truth = hall.truth(for: device)
      for (other, line) in hall.seen(by: device) { #expect(truth[other] == line) }
    }
  }

  /// People point, stop pointing and clear; what is under way arrives late, twice and out of order.
  private func play(_ hall: inout RoomHall, steps: UInt32, clears: Bool, _ random: inout SeededRandomness) {
    for line in 1...steps {
      let name = RoomHall.names[Int(random.next() % 4)]
      switch random.next() % 10 {
      case 0: hall.point(name, line: nil)
      case 1 where clears: hall.clear(name)
      default: hall.point(name, line: line)
      }
      for _ in 0..<random.next() % 8 where !hall.wire.isEmpty {
        let place = Int(random.next() % UInt64(hall.wire.count))
        hall.deliver(hall.wire[place])
        if random.next() % 4 > 0 { hall.wire.remove(at: place) }
      }
      hall.pass(Int64(random.next() % 40))
    }
  }

  /// All that waits is said, and arrives in any order.
  private func settle(_ hall: inout RoomHall, _ random: inout SeededRandomness) {
    for _ in 0..<4 {
      hall.pass(1_000)
      while !hall.wire.isEmpty {
        hall.deliver(hall.wire.remove(at: Int(random.next() % UInt64(hall.wire.count))))
      }
    }
  }
}
