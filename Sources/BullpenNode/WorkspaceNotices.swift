import BullpenCore
import BullpenStore

extension WorkspaceHandle {
  /// What a person should know of: keys that two machines live with, devices whose history has branches, what this device
  /// has back of its own, clocks that are wrong, and devices that announce what they do not send.
  func notices(_ names: [MemberID: String]) async throws -> [NodeNotice] {
    let (clocks, states, membership, twins) = await node.look { machine, now in
      (machine.clockNotices, machine.peerStates(at: now), machine.membership, machine.twinNotices(at: now))
    }
    func notice(
      _ kind: NodeNotice.Kind, _ device: DeviceID?, _ detail: (String) -> String, _ hint: (String) -> String
    ) -> NodeNotice? {
      let device = device ?? node.own
      return membership.device(device).map { known in
        let name = names[known.member] ?? ""
        let shown = name.isEmpty ? device.short : name
        return NodeNotice(kind: kind, device: device, member: known.member, detail: detail(shown), hint: hint(shown))
      }
    }
    let doubled = twins.compactMap { notice(.twin, $0.device, $0.detail, $0.hint) }
    let moment = await wall()
    let forked = try await ask { try $0.forkNotices(at: moment) }.compactMap { fork in
      notice(.fork, fork.device, fork.detail) { _ in fork.hint }
    }
    let wrong = clocks.compactMap { clock in notice(.clock, clock.device, clock.detail) { _ in clock.hint } }
    let recovered = await node.recoveryNotice.flatMap { back in
      notice(.recovery, nil, { _ in back.detail }, { _ in back.hint })
    }
    let withheld = states.filter(\.isWithholding).compactMap { state in
      notice(.withholding, state.device) {
        "\($0)'s device \(state.device.short) announces changes that it does not send."
      } _: { _ in
        "They are asked of others. If it goes on, have a look at that machine: `bullpen verify` there says whether its "
          + "database is whole."
      }
    }
    return doubled + forked + [recovered].compactMap { $0 } + wrong + withheld
  }
}
