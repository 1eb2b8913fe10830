import BullpenCore
import BullpenStore
import BullpenTransport

/// A workspace at one moment, as far as an examination asks.
struct Sight: Sendable {
  let states: [Workspace.PeerState]
  let membership: Membership
  /// Devices by which their persons are shown as being here.
  let shown: Set<DeviceID>
  private let notices: [ClockNotice]
  private let names: [MemberID: String]

  init(_ node: WorkspaceNode) async throws {
    let (states, membership, presences, notices) = await node.look { machine, now in
      (machine.peerStates(at: now), machine.membership, machine.shown(at: now), machine.clockNotices)
    }
    let zones = NetworkInterfaces.names()
    self.states = states.map { state in
      var state = state
      state.addresses = state.addresses.map { $0.named(zones) }
      return state
    }
    (self.membership, self.notices) = (membership, notices)
    shown = Set(presences.flatMap(\.devices).filter { $0.status != .offline }.map(\.device))
    do {
      names = try await node.storage.ask { try $0.displayNames() }
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

  func clocks(own: DeviceID) -> [Symptoms.Clock] {
    notices.compactMap { notice in
      membership.device(notice.device ?? own).map { known in
        Symptoms.Clock(notice, name: name(known.member), member: known.member)
      }
    }
  }

  func person(_ id: MemberID, own: DeviceID) -> Symptoms.Person {
    let isFormer = membership.members[id]?.devices.isEmpty ?? true
    let cut = membership.devicesEver(of: id).sorted().lazy
      .compactMap { membership.cutStatements(of: $0).first }
      .compactMap { membership.author($0.statement.signer) }.first
    return Symptoms.Person(
      id, name: name(id), isSelf: membership.device(own)?.member == id, isFormer: isFormer,
      removedBy: isFormer ? cut.map(name) : nil)
  }
}
