/// Whose each device may turn out to be, whatever is cut and whoever has a say: a member's first device, and what its
/// devices have linked. Nobody else can add to it, so it bounds what has to be tried.
struct Kinship: Sendable {
  private var members: [DeviceID: Set<MemberID>] = [:]

  subscript(device: DeviceID) -> Set<MemberID>? { members[device] }

  /// - Parameters:
  ///   - first: the founder's first device.
  ///   - claims: all credentials, and whether each names the member that is made from its device.
  init(founder: MemberID, on first: DeviceID, claims: [(proved: ProvedStatement, isFirst: Bool)]) {
    var open: [(device: DeviceID, member: MemberID)] = [(first, founder)]
    var links: [DeviceID: [Credential]] = [:]
    for (proved, isFirst) in claims {
      guard case .credential(let credential) = proved.statement.claim, credential.consent != nil else { continue }
      if isFirst {
        open.append((credential.device, credential.member))
      } else {
        links[proved.statement.signer, default: []].append(credential)
      }
    }
    while let (device, member) = open.popLast() {
      guard members[device, default: []].insert(member).inserted else { continue }
      for link in links[device] ?? [] where link.member == member { open.append((link.device, member)) }
    }
  }
}
