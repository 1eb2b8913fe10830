import BullpenCore
import BullpenCrypto

extension RemovalView {
  /// What goes, in 16 hexadecimal digits: who was shown it asks for this and nothing else.
  public var digest: String {
    WhatGoes.digest(
      ["cut", member.description, isLast.description], [devices, alsoCut], [alsoRemoved, alsoDemoted], endedInvites)
  }
}

extension DemotionView {
  /// What goes, in 16 hexadecimal digits: who was shown it asks for this and nothing else.
  public var digest: String {
    WhatGoes.digest(
      ["demotion", member.description, "\(from)", "\(role)"], [alsoCut], [alsoRemoved, alsoDemoted], endedInvites)
  }
}

/// What is shown before something is taken away, made short. What grows by the minute, such as entries that stay, is none
/// of it.
private enum WhatGoes {
  static func digest(_ what: [String], _ devices: [[DeviceID]], _ members: [[MemberID]], _ invites: Int) -> String {
    let lists = devices.map { $0.map(\.description) } + members.map { $0.map(\.description) }
    let words = what + lists.map { $0.joined(separator: " ") } + ["\(invites)"]
    return String(Blake2b.digest(Array(words.joined(separator: "\n").utf8)).description.prefix(16))
  }
}
