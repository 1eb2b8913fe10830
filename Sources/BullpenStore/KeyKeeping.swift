import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

/// What a device does for its member's keys once another device of the member was cut, or one was linked.
extension Store {
  /// Rows that are granted anew in one go.
  private static let regrants = 200

  /// States a new key where a device that was cut holds every one; shares keys with devices that were linked since;
  /// and grants the member what was sealed to this device alone meanwhile.
  ///
  /// - Returns: what was written. Nothing is, where nothing is to do.
  public func keepKeys(wall: Int64) throws -> Application {
    try transact(wall: wall, isDurable: true) { transaction in
      try transaction.keepKeys(regrants: Self.regrants)
      try transaction.finish()
      return transaction.outcome
    }
  }
}

extension Transaction {
  fileprivate func keepKeys(regrants: Int) throws {
    let own = context.author.device.id
    // Each duty that is done leaves the next; one that cannot be done leaves itself.
    var last: Membership.KeyDuty?
    while let duty = try membership().keyDuty(of: own), duty != last, let generation = try generation(for: duty) {
      try write(stating: .generation(generation))
      last = duty
    }
    guard let member = try membership().device(own)?.member, try !membership().lostDevices(of: member).isEmpty,
      case .key(let key)? = try membership().sealing(to: member)
    else { return }
    let grants = try sealedToThisDevice(of: member, limit: regrants).compactMap { grant, secret in
      key.sealGrant(secret, using: &state.random).map { RowChange.grant(grant, $0) }
    }
    if !grants.isEmpty { _ = try write([], grants: grants) }
  }

  private func generation(for duty: Membership.KeyDuty) throws -> KeyGeneration? {
    let secret: MemberSecret
    let (without, devices): ([DeviceID], [DeviceID])
    switch duty {
    case .generation(let left, let rest):
      secret = MemberSecret(using: &state.random)
      (without, devices) = (left, rest)
    case .share(let key, let left, let lacking):
      guard let known = Keyring(context.author, try membership()).secret(of: key) else { return nil }
      secret = known
      (without, devices) = (left, lacking)
    }
    let boxes = devices.compactMap { device in
      device.sealing?.sealSecret(secret, using: &state.random).map { KeyBox(device: device, box: $0) }
    }
    return boxes.isEmpty ? nil : KeyGeneration(key: secret.key, without: without, boxes: boxes)
  }

  /// Grants to this device alone that live and that its member has not granted anew yet: under which key that would be,
  /// and what they hold.
  private func sealedToThisDevice(of member: MemberID, limit: Int) throws -> [(RowKey, RowSecret)] {
    let seals = Seals(context, try membership(), member: member, db)
    // A grant's key: who grants 16, row 16, reader 16, target 16.
    let sql = """
      SELECT _key FROM grants WHERE substr(_key, 33, 16) = ? AND _created > ? AND NOT EXISTS (SELECT 1 FROM grants own
      WHERE own._key = CAST(? || substr(grants._key, 17, 16) || ? || substr(grants._key, 49, 16) AS BLOB))
      ORDER BY _key LIMIT ?
      """
    let reader = Data(Seals.reader(context.author.device.id).bytes)
    let own = Data(member.bytes)
    let arguments: StatementArguments = [reader, Tables.grants.lifetime.map { wall - $0 }, own, own, limit]
    return try Data.fetchAll(db.cachedStatement(sql: sql), arguments: arguments).compactMap { bytes in
      guard let grant = RowKey(Array(bytes), shape: Tables.grants.key), let row = grant.rowID(shape: Tables.grants.key),
        let target = Bytes16(grant.bytes[48..<64]), let box = try seals.box(grant),
        let secret = seals.keyring.openOwn(box)
      else { return nil }
      return (Seals.ownGrantKey(row, target, by: member), secret)
    }
  }
}
