import BullpenCore

extension WorkspaceHandle {
  /// What a person should know of: clocks that are wrong, and devices that announce what they do not send.
  func notices(_ names: [MemberID: String]) async throws -> [NodeNotice] {
    let (clocks, states, membership) = await node.look { machine, now in
      (machine.clockNotices, machine.peerStates(at: now), machine.membership)
    }
    func named(_ device: DeviceID) -> (member: MemberID, name: String)? {
      membership.device(device).map { known in
        let name = names[known.member] ?? ""
        return (known.member, name.isEmpty ? device.description.prefix(8).description : name)
      }
    }
    let wrong = clocks.compactMap { notice -> NodeNotice? in
      let device = notice.device ?? node.own
      return named(device).map {
        NodeNotice(
          kind: .clock, device: device, member: $0.member, detail: notice.detail($0.name), hint: notice.hint)
      }
    }
    let withheld = states.filter(\.isWithholding).compactMap { state in
      named(state.device).map {
        NodeNotice(
          kind: .withholding, device: state.device, member: $0.member,
          detail: "\($0.name)'s device \(state.device.description.prefix(8)) announces changes that it does not send.",
          hint: "They are asked of others. If it goes on, have a look at that machine: `bullpen verify` there says "
            + "whether its database is whole.")
      }
    }
    return wrong + withheld
  }
}
