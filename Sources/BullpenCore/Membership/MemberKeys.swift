/// The next key of its signer's member, with its secret for each device that is to hold it.
public struct KeyGeneration: Hashable, Sendable {
  public let key: MemberKey
  /// The member's devices that were cut by then, in ascending order: every other one may hold the secret, also one that
  /// is linked later.
  public let without: [DeviceID]
  /// The secret, sealed to devices.
  public let boxes: [KeyBox]

  public init(key: MemberKey, without: [DeviceID], boxes: [KeyBox]) {
    self.key = key
    self.without = without
    self.boxes = boxes
  }
}

/// The secret of a member's key, sealed to one device.
public struct KeyBox: Hashable, Sendable {
  public let device: DeviceID
  /// `Limits.keyBoxBytes`.
  public let box: [UInt8]

  public init(device: DeviceID, box: [UInt8]) {
    self.device = device
    self.box = box
  }
}

extension Membership {
  /// What a member's things are sealed to.
  public enum Sealing: Hashable, Sendable {
    case key(MemberKey)
    /// A device that was cut holds every key of the member, and nobody has stated another yet: then its remaining
    /// devices are sealed to one by one, in ascending order.
    case devices([DeviceID])
  }

  /// What a device owes its member, so that the member's things are sealed to one key that all its devices hold.
  public enum KeyDuty: Hashable, Sendable {
    /// A new key for these devices.
    case generation(without: [DeviceID], for: [DeviceID])
    /// The secret of a key that this device holds, for devices that were linked since.
    case share(MemberKey, without: [DeviceID], with: [DeviceID])
  }

  /// Nil for who is no member, or not any more.
  ///
  /// From the moment that a cut is known, nothing is sealed to a key that the device which was cut can hold.
  public func sealing(to id: MemberID) -> Sealing? {
    guard let member = members[id], !member.devices.isEmpty else { return nil }
    let lost = lostDevices(of: id)
    let generation = generations(of: id).last { $0.isKept(from: lost) }
    // The first key, which every device got with its link, is good as long as none is lost.
    guard let key = generation?.key ?? (lost.isEmpty ? member.key : nil) else { return .devices(member.devices) }
    return .key(key)
  }

  /// The member's devices that were cut, in ascending order.
  public func lostDevices(of id: MemberID) -> [DeviceID] { cuts.keys.filter { memberOf[$0] == id }.sorted() }

  /// What a device has to state next, nil for nothing.
  public func keyDuty(of device: DeviceID) -> KeyDuty? {
    guard let id = self.device(device)?.member, let devices = members[id]?.devices else { return nil }
    let lost = lostDevices(of: id)
    if case .devices(let rest) = sealing(to: id) {
      guard rest.count <= Limits.keyBoxes, lost.count <= Limits.keyBoxes else { return nil }
      return .generation(without: lost, for: rest)
    }
    for generation in generations(of: id) where generation.holders.contains(device) {
      let lacking = devices.filter { !generation.holders.contains($0) }.prefix(Limits.keyBoxes)
      // One of those who hold it is enough.
      guard !lacking.isEmpty, devices.first(where: generation.holders.contains) == device else { continue }
      return .share(generation.key, without: generation.without, with: Array(lacking))
    }
    return nil
  }

  /// What was sealed to a device of its member's further keys, oldest first.
  public func keyBoxes(for device: DeviceID) -> [(key: MemberKey, box: [UInt8])] {
    guard let id = author(device) else { return [] }
    return (generationStatements[id] ?? []).flatMap { proved -> [(key: MemberKey, box: [UInt8])] in
      guard case .generation(let stated) = proved.statement.claim else { return [] }
      return stated.boxes.filter { $0.device == device }.map { (stated.key, $0.box) }
    }
  }

  /// Whether a statement of keys is one of its member's.
  public func counts(generation: StatementID) -> Bool {
    generationStatements.values.contains { $0.contains { $0.id == generation } }
  }

  // MARK: - Generations

  /// All that was stated of one key.
  private struct Generation {
    let key: MemberKey
    /// Who is without it by every statement.
    var without: [DeviceID]
    var holders: Set<DeviceID>
    var signers: Set<DeviceID>

    /// A device that was cut may hold what it was not left out of, and made what it has stated.
    func isKept(from lost: [DeviceID]) -> Bool { lost.allSatisfy { without.contains($0) && !signers.contains($0) } }
  }

  /// In the order of what was stated first of each.
  private func generations(of id: MemberID) -> [Generation] {
    var generations: [Generation] = []
    for proved in generationStatements[id] ?? [] {
      guard case .generation(let stated) = proved.statement.claim, stated.key != members[id]?.key else { continue }
      let signer = proved.statement.signer
      let holders = Set(stated.boxes.map(\.device) + [signer])
      if let place = generations.firstIndex(where: { $0.key == stated.key }) {
        generations[place].without.removeAll { !stated.without.contains($0) }
        generations[place].holders.formUnion(holders)
        generations[place].signers.insert(signer)
      } else {
        generations.append(Generation(key: stated.key, without: stated.without, holders: holders, signers: [signer]))
      }
    }
    return generations
  }

  /// Takes the statements of keys that no cut voids, in the order of their stamps.
  mutating func takeGenerations() {
    generationStatements = [:]
    for proved in statements.map(\.value) {
      guard case .generation = proved.statement.claim, let member = memberOf[proved.statement.signer], !voids(proved)
      else { continue }
      generationStatements[member, default: []].append(proved)
    }
    for member in generationStatements.keys {
      generationStatements[member]?.sort { a, b in
        a.statement.time != b.statement.time ? a.statement.time < b.statement.time : a.id < b.id
      }
    }
  }
}
