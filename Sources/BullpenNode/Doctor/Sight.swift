import BullpenCore
import BullpenStore
import BullpenTransport

/// A workspace at one moment, as far as an examination asks.
struct Sight: Sendable {
  let states: [Workspace.PeerState]
  let membership: Membership
  /// Devices by which their persons are shown as being here.
  let shown: Set<DeviceID>
  private let clocks: [ClockNotice]
  private let twins: [TwinNotice]
  private let forks: [ForkNotice]
  private let own: DeviceID
  private let names: [MemberID: String]

  init(_ node: WorkspaceNode) async throws {
    let (states, membership, presences, clocks, twins, wall) = await node.look { machine, now in
      (
        machine.peerStates(at: now), machine.membership, machine.shown(at: now), machine.clockNotices,
        machine.twinNotices(at: now), machine.corrected(now)
      )
    }
    let zones = NetworkInterfaces.names()
    self.states = states.map { state in
      var state = state
      state.addresses = state.addresses.map { $0.named(zones) }
      return state
    }
    (self.membership, self.clocks, self.twins, own) = (membership, clocks, twins, node.own)
    shown = Set(presences.flatMap(\.devices).map(\.device))
    do {
      (names, forks) = try await node.storage.ask { (try $0.displayNames(), try $0.forkNotices(at: wall)) }
    } catch let error as StoreError {
      throw NodeError(error)
    }
  }

  func member(of device: DeviceID) -> MemberID { membership.device(device)?.member ?? MemberID(.zero) }

  func name(of device: DeviceID) -> String { name(member(of: device)) }

  private func name(_ member: MemberID) -> String {
    let name = names[member] ?? ""
    return name.isEmpty ? "Someone (\(member.short))" : name
  }

  var notedClocks: [Symptoms.Noted<ClockNotice>] { clocks.compactMap { noted($0, of: $0.device) } }
  var notedTwins: [Symptoms.Noted<TwinNotice>] { twins.compactMap { noted($0, of: $0.device) } }
  var notedForks: [Symptoms.Noted<ForkNotice>] { forks.compactMap { noted($0, of: $0.device) } }

  /// - Parameter device: nil for this one.
  private func noted<Notice>(_ notice: Notice, of device: DeviceID?) -> Symptoms.Noted<Notice>? {
    membership.device(device ?? own).map { known in
      Symptoms.Noted(notice, name: name(known.member), member: known.member)
    }
  }

  func person(_ id: MemberID) -> Symptoms.Person {
    let isFormer = membership.members[id]?.devices.isEmpty ?? true
    let cut = membership.devicesEver(of: id).sorted().lazy
      .compactMap { membership.cutStatements(of: $0).first }
      .compactMap { membership.author($0.statement.signer) }.first
    return Symptoms.Person(
      id, name: name(id), isSelf: membership.device(own)?.member == id, isFormer: isFormer,
      removedBy: isFormer ? cut.map(name) : nil)
  }
}
