@testable import BullpenCore

/// Four nodes in one room, and what is under way between them, in virtual time. Ada is the owner and Bob an admin.
struct RoomHall {
  typealias Office = MembershipOffice

  enum Message: Hashable {
    case cursor(CursorUpdate)
    case clear(CursorClear)
  }

  struct Letter {
    var from: DeviceID
    var to: DeviceID
    var message: Message
    var at: Int64
  }

  static let names = ["ada", "bob", "carol", "dave"]
  let board = RoomID("board")!
  let tab = ViewID(raw: 1)
  var office = Office()
  var now = Instant(boot: 0, wall: 1_700_000_000_000)
  var wire: [Letter] = []
  /// All that each node said, and told its views, so far.
  var sent: [Letter] = []
  var told: [DeviceID: [RoomMachine.Effect]] = [:]
  private(set) var machines: [DeviceID: RoomMachine] = [:]

  init() {
    office.admit("bob", as: .admin, by: "ada", at: 10)
    for name in ["carol", "dave"] { office.admit(name, by: "ada", at: 10) }
    for device in devices {
      var machine = RoomMachine(own: device, session: 1)
      let open = Privacy(settings: PresenceSettings(showsPage: true))
      machine.membershipChanged(office.membership, Visibility(of: device, open, in: office.membership))
      machines[device] = machine
    }
    for device in devices {
      act(.join(board, .desktop), by: device)
      for other in devices where other != device {
        note(machines[device]?.peerRooms(other, [board], at: now), of: device)
      }
    }
  }

  var devices: [DeviceID] { Self.names.map { Office.device($0) } }

  mutating func act(_ action: ViewAction, by device: DeviceID) {
    note(machines[device]?.act(action, in: tab, at: now), of: device)
  }

  mutating func point(_ name: String, line: UInt32?) {
    act(.point(board, line.map { CursorPosition(line: $0) }), by: Office.device(name))
  }

  /// A device shows these rooms now, as another hears.
  mutating func enter(_ device: DeviceID, _ rooms: [RoomID], of other: DeviceID) {
    note(machines[other]?.peerRooms(device, rooms, at: now), of: other)
  }

  /// Its person shows nobody in which rooms it is.
  mutating func hide(_ device: DeviceID) {
    machines[device]?.visibilityChanged(Visibility(of: device, Privacy(), in: office.membership))
  }

  mutating func clear(_ name: String) {
    let device = Office.device(name)
    note(machines[device]?.clear(board, at: now), of: device)
  }

  mutating func deliver(_ letter: Letter) {
    switch letter.message {
    case .cursor(let update): note(machines[letter.to]?.received(update, from: letter.from, at: now), of: letter.to)
    case .clear(let clear): note(machines[letter.to]?.received(clear, from: letter.from, at: now), of: letter.to)
    }
  }

  /// Everything arrives, in the order in which it was sent.
  mutating func deliverAll() {
    while !wire.isEmpty { deliver(wire.removeFirst()) }
  }

  mutating func pass(_ milliseconds: Int64) {
    let end = now.boot + milliseconds
    while let (device, deadline) = machines.compactMap({ device, machine in
      machine.nextDeadline.map { (device, $0) }
    }).min(by: { ($0.1, $0.0) < ($1.1, $1.0) }), deadline <= end {
      now = now.advanced(by: max(deadline - now.boot, 0))
      note(machines[device]?.tick(at: now), of: device)
    }
    now = now.advanced(by: end - now.boot)
  }

  /// Where others are, as a node shows it.
  func seen(by device: DeviceID) -> [DeviceID: UInt32] {
    let cursors = machines[device]?.current(board) ?? []
    return Dictionary(cursors.map { ($0.device, $0.position.line ?? 0) }) { $1 }
  }

  /// Where the others of a node really are.
  func truth(for device: DeviceID) -> [DeviceID: UInt32] {
    var lines: [DeviceID: UInt32] = [:]
    for other in devices where other != device {
      let own = machines[other]?.all(in: board).first { $0.device == other }
      if let own { lines[other] = own.position.line ?? 0 }
    }
    return lines
  }

  private mutating func note(_ effects: [RoomMachine.Effect]?, of device: DeviceID) {
    for effect in effects ?? [] {
      let message: Message
      let receivers: [DeviceID]
      switch effect {
      case .send(let update, let devices):
        message = .cursor(update)
        receivers = devices
      case .clear(let clear, let devices):
        message = .clear(clear)
        receivers = devices
      default:
        told[device, default: []].append(effect)
        continue
      }
      let letters = receivers.map { Letter(from: device, to: $0, message: message, at: now.boot) }
      wire += letters
      sent += letters
    }
  }
}
