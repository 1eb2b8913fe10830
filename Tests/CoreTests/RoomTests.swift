import Testing

@testable import BullpenCore

@Suite("Rooms and cursors")
struct RoomTests {
  typealias Office = MembershipOffice
  private let board = RoomID("board")!
  private let lounge = RoomID("lounge")!
  private let bob = Office.device("bob")
  private let carol = Office.device("carol")
  private let tab = ViewID(raw: 1)
  private let window = ViewID(raw: 2)

  /// Ada's rooms, in virtual time.
  private struct Stage {
    var office = Office()
    var machine = RoomMachine(own: Office.device("ada"), session: 1)
    var now = Instant(boot: 0, wall: 1_700_000_000_000)
    var effects: [(at: Int64, effect: RoomMachine.Effect)] = []
    private var counters: [DeviceID: UInt64] = [:]

    init(others: Int = 0) {
      for name in ["bob", "carol"] { office.admit(name, by: "ada", at: 10) }
      office.admit("guest", as: .guest, by: "ada", at: 10)
      for index in 0..<others { office.admit("other \(index)", by: "ada", at: 10) }
      machine.membershipChanged(office.membership, visibility)
    }

    /// Ada shows where she is.
    var visibility: Visibility {
      Visibility(
        of: Office.device("ada"), Privacy(settings: PresenceSettings(showsPage: true)), in: office.membership)
    }

    mutating func note(_ new: [RoomMachine.Effect]) { effects += new.map { (at: now.boot, effect: $0) } }

    mutating func pass(_ milliseconds: Int64) {
      let end = now.boot + milliseconds
      while let deadline = machine.nextDeadline, deadline <= end {
        now = now.advanced(by: max(deadline - now.boot, 0))
        note(machine.tick(at: now))
      }
      now = now.advanced(by: end - now.boot)
    }

    mutating func act(_ action: ViewAction, in view: ViewID) { note(machine.act(action, in: view, at: now)) }

    mutating func enter(_ device: DeviceID, _ rooms: RoomID...) {
      note(machine.peerRooms(device, rooms, at: now))
    }

    mutating func point(_ device: DeviceID, _ room: RoomID, line: UInt32?, counter: UInt64? = nil) {
      let number = counter ?? counters[device, default: 0] + 1
      counters[device] = max(counters[device] ?? 0, number)
      let update = CursorUpdate(
        room: room, version: PresenceVersion(session: 1, counter: number),
        position: line.map { CursorPosition(line: $0) })
      note(machine.received(update, from: device, at: now))
    }

    /// Cursor packets to a device: when, and which line; nil for a removal.
    func sent(to device: DeviceID) -> [(at: Int64, line: UInt32?)] {
      effects.compactMap { entry in
        guard case .send(let update, let devices) = entry.effect, devices.contains(device) else { return nil }
        return (entry.at, update.position?.line)
      }
    }

    func lines(_ room: RoomID) -> [UInt32?] { machine.current(room).map(\.position.line) }

    func cursor(_ room: RoomID, _ name: String, line: UInt32) -> RoomCursor {
      RoomCursor(
        room: room, member: office.member(name), device: Office.device(name), position: CursorPosition(line: line))
    }

    func count(_ wanted: RoomMachine.Effect) -> Int { effects.filter { $0.effect == wanted }.count }
  }

  @Test("whoever joins is shown where the others point")
  func join() {
    var stage = Stage()
    stage.act(.join(board, .desktop), in: tab)
    stage.enter(bob, board)
    stage.point(bob, board, line: 7)
    stage.act(.join(board, .desktop), in: window)
    #expect(stage.count(.cursors(window, board, [stage.cursor(board, "bob", line: 7)])) == 1)
    #expect(stage.count(.roomsChanged([board], kind: .desktop, typing: nil, page: nil)) == 2)
  }

  @Test("a hand that moves a thousand times a second is sent thirty times, and its last place is never lost")
  func rate() {
    var stage = Stage()
    stage.act(.join(board, .desktop), in: tab)
    stage.enter(bob, board)
    for line in 0..<2_000 {
      stage.act(.point(board, CursorPosition(line: UInt32(line))), in: tab)
      stage.pass(1)
    }
    stage.pass(100)
    let sent = stage.sent(to: bob)
    #expect(sent.first?.at == 0, "the first at once")
    #expect((55...63).contains(sent.count))
    let inSecond = sent.map { first in sent.count { (first.at..<first.at + 1_000).contains($0.at) } }
    #expect(inSecond.allSatisfy { $0 <= Limits.cursorRate + 1 })
    #expect(sent.last?.line == 1_999)
    #expect(sent.compactMap(\.line) == sent.compactMap(\.line).sorted())
  }

  @Test("who moves in step with the rate is told at once, each time")
  func inStep() {
    var stage = Stage()
    stage.act(.join(board, .desktop), in: tab)
    stage.enter(bob, board)
    var moved: [Int64] = []
    for move in 0..<300 {
      // Every 33 1/3 ms, as far as a clock of milliseconds can tell.
      stage.pass(move % 3 == 2 ? 34 : 33)
      stage.act(.point(board, CursorPosition(line: UInt32(move))), in: tab)
      moved.append(stage.now.boot)
    }
    #expect(stage.sent(to: bob).map(\.at) == moved)
  }

  @Test("the rate falls as the rooms grow: a node sends so many packets a second and no more", arguments: [40, 60])
  func budget(others: Int) {
    var stage = Stage(others: others)
    stage.act(.join(board, .desktop), in: tab)
    stage.act(.join(lounge, .desktop), in: tab)
    for index in 0..<others { stage.enter(Office.device("other \(index)"), board, lounge) }
    for line in 0..<3_000 {
      for room in [board, lounge] { stage.act(.point(room, CursorPosition(line: UInt32(line))), in: tab) }
      stage.pass(1)
    }
    let packets = stage.effects.reduce(0) { count, entry in
      guard case .send(_, let devices) = entry.effect, entry.at >= 1_000, entry.at < 2_000 else { return count }
      return count + devices.count
    }
    #expect(packets <= Limits.cursorPackets + 2 * others)
    #expect(packets >= Limits.cursorPackets / 2)
  }

  @Test("hiding and showing a cursor in turn is no way round the rate")
  func toggling() {
    var stage = Stage()
    stage.act(.join(board, .desktop), in: tab)
    stage.enter(bob, board)
    for line in 0..<1_000 {
      stage.act(.point(board, CursorPosition(line: UInt32(line))), in: tab)
      stage.act(.point(board, nil), in: tab)
      stage.pass(1)
    }
    let shown = stage.sent(to: bob).filter { $0.line != nil }.count
    #expect(shown <= Limits.cursorRate + 1)
    #expect(stage.sent(to: bob).count == 2 * shown, "what nobody was told of is not taken back")
  }

  @Test("only devices in the same room are told, and guests are not")
  func receivers() {
    var stage = Stage()
    stage.act(.join(board, .desktop), in: tab)
    stage.enter(bob, board)
    stage.enter(carol, lounge)
    stage.enter(Office.device("guest"), board)
    stage.act(.point(board, CursorPosition(line: 1)), in: tab)
    stage.act(.point(lounge, CursorPosition(line: 2)), in: tab)
    #expect(stage.sent(to: bob).map(\.line) == [1])
    #expect(stage.sent(to: carol).isEmpty)
    #expect(stage.sent(to: Office.device("guest")).isEmpty)
  }

  @Test("who comes into the room later is told where we point")
  func newcomer() {
    var stage = Stage()
    stage.act(.join(board, .desktop), in: tab)
    stage.act(.point(board, CursorPosition(line: 4)), in: tab)
    #expect(stage.sent(to: bob).isEmpty)
    stage.pass(10_000)
    stage.enter(bob, board)
    stage.enter(Office.device("guest"), board)
    #expect(stage.sent(to: bob).map(\.line) == [4])
    #expect(stage.sent(to: Office.device("guest")).isEmpty)
  }

  @Test("the newest place wins, in whatever order places arrive; what was removed stays removed")
  func newest() {
    var stage = Stage()
    stage.act(.join(board, .desktop), in: tab)
    stage.enter(bob, board)
    stage.point(bob, board, line: 5, counter: 5)
    stage.point(bob, board, line: 4, counter: 4)
    stage.point(bob, board, line: 50, counter: 5)
    #expect(stage.lines(board) == [5])
    stage.point(bob, board, line: nil, counter: 7)
    stage.point(bob, board, line: 6, counter: 6)
    #expect(stage.lines(board).isEmpty)
    #expect(stage.count(.removed(board, stage.office.member("bob"), bob)) == 1)
  }

  @Test("a cursor that nobody moves for 300 s goes, ours and others'")
  func expiry() {
    var stage = Stage()
    stage.act(.join(board, .desktop), in: tab)
    stage.enter(bob, board)
    stage.act(.point(board, CursorPosition(line: 1)), in: tab)
    stage.point(bob, board, line: 2)
    stage.pass(299_999)
    #expect(stage.lines(board) == [2])
    stage.pass(1)
    #expect(stage.lines(board).isEmpty)
    #expect(stage.count(.removed(board, stage.office.member("bob"), bob)) == 1)
    #expect(stage.sent(to: bob).map(\.line) == [1, 1, 1, nil])
    #expect(stage.count(.removed(board, stage.office.member("ada"), Office.device("ada"))) == 1)
    stage.pass(500)
    #expect(stage.sent(to: bob).map(\.line) == [1, 1, 1, nil, nil, nil])
    #expect(stage.machine.nextDeadline == nil, "nothing is left to wait for")
  }

  @Test("leaving takes one's cursor along; another view's stays")
  func leave() {
    var stage = Stage()
    stage.enter(bob, board)
    stage.act(.join(board, .desktop), in: tab)
    stage.act(.join(board, .desktop), in: window)
    stage.act(.point(board, CursorPosition(line: 1)), in: tab)
    stage.act(.leave(board), in: window)
    #expect(stage.sent(to: bob).map(\.line) == [1])
    stage.act(.close, in: tab)
    #expect(stage.sent(to: bob).map(\.line) == [1, nil])
    #expect(stage.count(.roomsChanged([], kind: .desktop, typing: nil, page: nil)) == 1)
    #expect(stage.machine.ownRooms.isEmpty)
  }

  @Test("a device that leaves or falls silent takes its cursor along, and one that was under way shows no ghost")
  func peerLeaves() {
    var stage = Stage()
    stage.act(.join(board, .desktop), in: tab)
    stage.enter(bob, board)
    stage.enter(carol, board)
    stage.point(bob, board, line: 1)
    stage.point(carol, board, line: 2)
    stage.enter(bob, lounge)
    stage.note(stage.machine.peerLeft(carol, at: stage.now))
    #expect(stage.lines(board).isEmpty)
    #expect(stage.count(.removed(board, stage.office.member("bob"), bob)) == 1)
    #expect(stage.count(.removed(board, stage.office.member("carol"), carol)) == 1)
    stage.point(bob, board, line: 9)
    #expect(stage.lines(board).isEmpty)
    #expect(stage.count(.publish(stage.cursor(board, "bob", line: 9))) == 0)
    stage.pass(10_000)
    stage.enter(bob, board)
    #expect(stage.lines(board).isEmpty, "nor later")
  }

  @Test("a cursor that is faster than its device's presence is shown when that comes")
  func early() {
    var stage = Stage()
    stage.act(.join(board, .desktop), in: tab)
    stage.point(bob, board, line: 3)
    #expect(stage.lines(board).isEmpty)
    stage.pass(100)
    stage.enter(bob, board)
    #expect(stage.lines(board) == [3])
    #expect(stage.count(.publish(stage.cursor(board, "bob", line: 3))) == 1)
    stage.pass(60_000)
    #expect(stage.lines(board) == [3])
  }

  @Test("a device that is cut sees no cursor more, and its own goes")
  func cut() {
    var stage = Stage()
    stage.act(.join(board, .desktop), in: tab)
    stage.enter(bob, board)
    stage.point(bob, board, line: 1)
    stage.office.cut("bob", by: "ada", at: 100)
    stage.machine.membershipChanged(stage.office.membership, stage.visibility)
    stage.act(.point(board, CursorPosition(line: 2)), in: tab)
    stage.pass(0)
    stage.point(bob, board, line: 3)
    #expect(stage.sent(to: bob).isEmpty)
    #expect(stage.lines(board).isEmpty)
    #expect(stage.count(.removed(board, stage.office.member("bob"), bob)) == 1)
  }

  @Test("what is pointed at in rooms that we are not in, or from views that did not join, goes by")
  func strangers() {
    var stage = Stage()
    stage.enter(bob, board)
    stage.point(bob, board, line: 1)
    stage.act(.point(board, CursorPosition(line: 1)), in: tab)
    stage.act(.type(board), in: tab)
    stage.act(.join(board, .desktop), in: tab)
    stage.act(.type(lounge), in: tab)
    stage.point(Office.device("stranger"), board, line: 1)
    #expect(stage.lines(board).isEmpty)
    #expect(stage.sent(to: bob).isEmpty)
    #expect(
      stage.effects.allSatisfy { entry in
        if case .roomsChanged(_, _, let typing, _) = entry.effect { typing == nil } else { true }
      })
  }

  @Test("typing is said where it happens, and ends with the room")
  func typing() {
    var stage = Stage()
    stage.act(.join(board, .tablet), in: tab)
    stage.act(.type(board), in: tab)
    #expect(stage.count(.roomsChanged([board], kind: .tablet, typing: board, page: nil)) == 1)
    stage.act(.leave(board), in: tab)
    #expect(stage.count(.roomsChanged([], kind: .tablet, typing: nil, page: nil)) == 1)
  }

  @Test("of what views say of the device the last that is still open counts, whether or not it is in a room")
  func kinds() {
    var stage = Stage()
    func count(_ rooms: [RoomID], _ kind: DeviceKind, page: RoomID? = nil) -> Int {
      stage.count(.roomsChanged(rooms, kind: kind, typing: nil, page: page))
    }
    stage.act(.show(.headless), in: window)
    #expect(count([], .headless) == 1)
    stage.act(.join(board, .tablet), in: tab)
    #expect(count([board], .tablet) == 1)
    stage.act(.show(.mobile), in: window)
    #expect(count([board], .mobile) == 1)
    stage.act(.join(board, .tablet), in: tab)
    #expect(count([board], .mobile) == 2, "it says nothing new")
    stage.act(.close, in: window)
    #expect(count([board], .tablet) == 2)
    stage.act(.close, in: tab)
    #expect(stage.count(.roomsChanged([], kind: nil, typing: nil, page: nil)) == 1)
    // A program that says nothing of it speaks for no device, and takes nothing from a view that does.
    stage.act(.join(board, nil), in: window)
    #expect(stage.count(.roomsChanged([board], kind: nil, typing: nil, page: nil)) == 1)
    stage.act(.show(.tablet), in: tab)
    stage.act(.join(lounge, nil), in: window)
    #expect(count([board, lounge].sorted(), .tablet) == 1)
  }

  @Test("who says again on which page it is does not come there again")
  func sayingAgain() throws {
    var stage = Stage()
    let (plan, notes) = (try #require(RoomID.room(ofPage: "/plan")), try #require(RoomID.room(ofPage: "/notes")))
    stage.act(.join(plan, .desktop), in: tab)
    stage.act(.join(notes, .desktop), in: window)
    stage.act(.join(plan, .desktop), in: tab)
    #expect(stage.count(.roomsChanged([notes, plan], kind: .desktop, typing: nil, page: notes)) == 2)
    #expect(stage.count(.cameToPage) == 2)
    stage.act(.join(board, .desktop), in: tab)
    #expect(stage.count(.cameToPage) == 2, "a room that is no page")
    stage.act(.join(plan, .desktop), in: window)
    #expect(stage.count(.cameToPage) == 3)
  }

  @Test("a device is in eight rooms at most, over all of its views")
  func bounds() {
    var stage = Stage()
    for index in 0..<20 {
      stage.act(.join(RoomID("room \(index)")!, .desktop), in: ViewID(raw: UInt64(index)))
    }
    #expect(stage.machine.ownRooms.count == Limits.roomsPerDevice)
    stage.act(.join(RoomID("room 0")!, .desktop), in: tab)
    #expect(stage.machine.ownRooms.count == Limits.roomsPerDevice)
  }

  @Test("rooms with long names are fewer, because a heartbeat carries all of them")
  func longNames() {
    var stage = Stage()
    for letter in ["a", "b", "c"] {
      stage.act(.join(RoomID(String(repeating: letter, count: 140))!, .desktop), in: tab)
    }
    #expect(stage.machine.ownRooms.map { $0.name.first } == ["a", "b"])
  }
}
