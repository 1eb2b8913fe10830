@testable import BullpenCore

/// One presence machine in virtual time: Ada's laptop, who shares an office with Bob, Carol, Dave and a guest.
struct PresenceStage {
  typealias Office = MembershipOffice
  /// Unix milliseconds at which a test begins; its boot clock begins at 0.
  static let wall: Int64 = 1_700_000_000_000

  var office: Office
  var machine: PresenceMachine
  var now = Instant(boot: 0, wall: Self.wall)
  /// Every effect so far, with the boot time at which it came.
  var effects: [(at: Int64, effect: PresenceMachine.Effect)] = []
  private var counters: [String: UInt64] = [:]

  init() {
    office = Office()
    for name in ["bob", "carol", "dave"] { office.admit(name, by: "ada", at: 10) }
    office.admit("phone", of: "bob", by: "bob", at: 20)
    office.admit("guest", as: .guest, by: "ada", at: 30)
    machine = PresenceMachine(own: Office.device("ada"), kind: .desktop, session: Self.wall, seed: 1)
    machine.membershipChanged(office.membership)
    _ = machine.privacyChanged(Privacy(settings: PresenceSettings(showsPage: true)), at: now)
  }

  /// Ada has a second device.
  mutating func admitDesk() {
    office.admit("desk", of: "ada", by: "ada", at: 40)
    machine.membershipChanged(office.membership)
  }

  mutating func note(_ new: [PresenceMachine.Effect]) {
    effects += new.map { (at: now.boot, effect: $0) }
  }

  /// Lets time pass, ticking at every deadline.
  mutating func pass(_ milliseconds: Int64) {
    let end = now.boot + milliseconds
    while let deadline = machine.nextDeadline, deadline <= end {
      now = now.advanced(by: max(deadline - now.boot, 0))
      note(machine.tick(at: now))
    }
    now = now.advanced(by: end - now.boot)
  }

  mutating func reach(_ names: String...) {
    for name in names { note(machine.reachable(Office.device(name), at: now)) }
  }

  /// A device says what it shows now.
  @discardableResult
  mutating func hear(
    _ name: String, _ presence: DevicePresence = DevicePresence(), session: Int64 = Self.wall, counter: UInt64? = nil,
    wantsAcknowledgement: Bool = false, hearsay: Hearsay = .team
  ) -> PresenceVersion {
    let number = counter ?? counters[name, default: 0] + 1
    counters[name] = max(counters[name] ?? 0, number)
    let version = PresenceVersion(session: session, counter: number)
    hear(
      .presence(
        PresenceUpdate(
          version: version, presence: presence, wantsAcknowledgement: wantsAcknowledgement, heads: 0,
          hearsay: hearsay)),
      from: name)
    return version
  }

  mutating func hear(_ body: DatagramBody, from name: String) {
    note(machine.received(body, from: Office.device(name), at: now))
  }

  func shown(_ firstDevice: String) -> MemberPresence? { machine.shown(office.member(firstDevice), at: now) }

  func status(_ firstDevice: String) -> Status? { shown(firstDevice)?.status }

  // MARK: - What was done

  mutating func forget() { effects = [] }

  /// Presences that were sent to a device, with the time of each.
  func updates(to name: String) -> [(at: Int64, update: PresenceUpdate)] {
    effects.compactMap { entry in
      guard case .send(.presence(let update), let devices) = entry.effect, devices.contains(Office.device(name)) else {
        return nil
      }
      return (entry.at, update)
    }
  }

  func updates(to device: DeviceID) -> [PresenceUpdate] {
    sent(to: device).compactMap { if case .presence(let update) = $0 { update } else { nil } }
  }

  /// Everything that was sent to a device.
  func sent(to device: DeviceID) -> [DatagramBody] {
    effects.compactMap { entry in
      guard case .send(let body, let devices) = entry.effect, devices.contains(device) else { return nil }
      return body
    }
  }

  func goodbyes(to name: String) -> [(at: Int64, version: PresenceVersion)] {
    effects.compactMap { entry in
      guard case .send(.goodbye(let version), let devices) = entry.effect, devices.contains(Office.device(name)) else {
        return nil
      }
      return (entry.at, version)
    }
  }

  func probes(to name: String) -> [Int64] {
    effects.compactMap { entry in
      guard case .send(.probe, [Office.device(name)]) = entry.effect else { return nil }
      return entry.at
    }
  }

  func published(_ firstDevice: String) -> [(at: Int64, shown: MemberPresence)] {
    effects.compactMap { entry in
      guard case .publish(let shown) = entry.effect, shown.member == office.member(firstDevice) else { return nil }
      return (entry.at, shown)
    }
  }

  func moments(_ wanted: PresenceMachine.Effect) -> [Int64] { effects.filter { $0.effect == wanted }.map(\.at) }
}
