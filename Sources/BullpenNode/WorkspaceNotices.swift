import BullpenCore
import BullpenStore
import Foundation

extension WorkspaceHandle {
  /// What a person should know of: a second machine with this one's key, devices whose history has branches, clocks that
  /// are wrong, and devices that announce what they do not send.
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
    let forked = DeviceFork.all(try await ask { try $0.forks() }, at: await wall()).compactMap { fork in
      named(fork.device).map {
        NodeNotice(
          kind: .fork, device: fork.device, member: $0.member, detail: fork.detail($0.name), hint: fork.hint)
      }
    }
    return [double].compactMap { $0 } + forked + wrong + withheld
  }
}

/// A device that has continued its history in several ways, in words.
struct DeviceFork {
  let device: DeviceID
  /// Of the log that has most.
  private(set) var branches: Int
  /// Whether there are histories that are not here.
  private(set) var lacks: Bool
  /// Unix milliseconds.
  private(set) var since: Int64

  /// What is worth saying, in ascending order of device: what parted lately, and what is not kept.
  static func all(_ forks: [Fork], at wall: Int64) -> [DeviceFork] {
    let devices = Dictionary(grouping: forks, by: \.log.device).map { device, forks in
      DeviceFork(
        device: device, branches: forks.map(\.branches).max() ?? 1, lacks: forks.contains { $0.others > 0 },
        since: forks.map(\.since).min() ?? wall)
    }
    return devices.filter { $0.lacks || wall - $0.since < Limits.forkMemory }.sorted { $0.device < $1.device }
  }

  func detail(_ name: String) -> String {
    let day = Date(timeIntervalSince1970: Double(since / 1_000)).ISO8601Format(.iso8601.year().month().day())
    let ways = lacks ? "more than \(branches)" : "\(branches)"
    return "The history of \(name)'s device \(device.description.prefix(8)) exists in \(ways) versions since \(day): "
      + "its disk was put back to an earlier state, or two machines live with its key. "
      + (lacks ? "\(branches == 1 ? "One is" : "\(branches) are") kept here." : "All of them are kept.")
  }

  var hint: String {
    let end = "Where two machines live with one key, run `bullpen leave` on one of them and let it join anew."
    guard lacks else { return "After a disk that was put back there is nothing to do. \(end)" }
    return "\(end) Where that is not enough, an admin removes the device, and it joins anew: what is kept "
      + "of its histories stands."
  }
}
