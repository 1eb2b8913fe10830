/// By whom each member came in.
struct Lineage: Sendable {
  struct Place {
    let member: MemberID
    /// Admissions between the member and an owner; 0 for who is or was the owner.
    let steps: Int
    /// Whom an owner let in, through whom the member came; itself, where it is one. Nil for an owner.
    let branch: MemberID?
    /// Whom that one let in; nil for an owner and for who came in by one.
    let twig: MemberID?
  }

  private let membership: Membership
  private let uncut: Membership
  private let owners: Set<MemberID>
  private var places: [MemberID: Place] = [:]
  private var depths: [DeviceID: Int] = [:]

  init(_ membership: Membership, uncut: Membership) {
    self.membership = membership
    self.uncut = uncut
    let first = membership.genesis.flatMap { membership.author($0.statement.signer) }
    owners = Set([first, membership.owner].compactMap { $0 } + membership.ownership.steps.map(\.heir))
  }

  func isOwner(_ member: MemberID) -> Bool { owners.contains(member) }

  func isTwig(_ member: MemberID) -> Bool { places[member]?.twig != nil }

  func member(of device: DeviceID) -> MemberID? { uncut.author(device) ?? membership.author(device) }

  /// The statement by which a device was let in; nil for the founder's first and for an owner's.
  func admission(of device: DeviceID) -> StatementID? {
    guard let proved = credential(of: device), !proved.isGenesis else { return nil }
    if linker(of: device) == nil, let member = member(of: device), isOwner(member) { return nil }
    return proved.id
  }

  private func credential(of device: DeviceID) -> ProvedStatement? {
    uncut.credentials[device] ?? membership.credentials[device]
  }

  /// The device of the same member that linked a device.
  private func linker(of device: DeviceID) -> DeviceID? {
    guard let signer = credential(of: device)?.statement.signer, signer != device,
      member(of: signer) == member(of: device)
    else { return nil }
    return signer
  }

  /// How many links a device is away from its member's first.
  mutating func links(of device: DeviceID) -> Int {
    var row = [device]
    while depths[row[row.count - 1]] == nil, let next = linker(of: row[row.count - 1]) { row.append(next) }
    var depth = depths[row.removeLast()] ?? 0
    for device in row.reversed() {
      depth += 1
      depths[device] = depth
    }
    return depth
  }

  mutating func place(of device: DeviceID) -> Place? {
    guard let member = member(of: device) else { return nil }
    // Up to somebody who is placed already, then down again.
    var row: [(member: MemberID, isOwner: Bool)] = []
    var next: (member: MemberID, device: DeviceID)? = (member, device)
    while let (member, device) = next, places[member] == nil {
      row.append((member, isOwner(member)))
      next = isOwner(member) ? nil : admitter(of: device)
    }
    var above = next.flatMap { places[$0.member] }
    for (member, isOwner) in row.reversed() {
      let place: Place
      if isOwner {
        place = Place(member: member, steps: 0, branch: nil, twig: nil)
      } else {
        place = Place(
          member: member, steps: (above?.steps ?? 0) + 1, branch: above?.branch ?? member,
          twig: above?.branch == nil ? nil : above?.twig ?? member)
      }
      places[member] = place
      above = place
    }
    return places[member]
  }

  /// Who let in the member of a device, and by which device.
  private func admitter(of device: DeviceID) -> (member: MemberID, device: DeviceID)? {
    var first = device
    while let linker = linker(of: first) { first = linker }
    guard let signer = credential(of: first)?.statement.signer, signer != first else { return nil }
    return member(of: signer).map { ($0, signer) }
  }
}
