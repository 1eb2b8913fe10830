import BullpenCore

extension WorkspaceHandle {
  /// What a person should know of: a second machine with this one's key, clocks that are wrong, and devices that announce
  /// what they do not send.
  func notices(_ names: [MemberID: String]) async throws -> [NodeNotice] {
    let (clocks, states, membership, twin) = await node.look { machine, now in
      (machine.clockNotices, machine.peerStates(at: now), machine.membership, machine.twin(at: now))
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
    let double = twin.flatMap { twin in
      named(node.own).map {
        NodeNotice(
          kind: .twin, device: node.own, member: $0.member,
          detail: "Another machine uses this device's key; it was met at \(twin.endpoint.host). Its disk or its "
            + "home is a copy of this one's, or this one's of that.",
          hint: "Go on with one of the two. On the other run `bullpen leave`, and join anew with what `bullpen invite "
            + "--own-device` says on the first: both are yours then. What was written on either is kept.")
      }
    }
    return [double].compactMap { $0 } + wrong + withheld
  }
}
