import BullpenCore
import BullpenCrypto
import BullpenWire

/// Any set of statements that people who hold a device key can sign: a stranger, a member, the founder. The script's
/// fields are bodies; each is signed by the device that it names, where that is one of ours.
final class MembershipTarget: FuzzTarget {
  static let name = "membership"
  static let form = InputForm.protobuf
  private static let cast = try? Cast()

  static func seeds() -> [[UInt8]] {
    guard let cast else { return [] }
    let (ada, mallory) = cast.members
    let signers = [cast.ada, cast.mallory, cast.eve].map(\.device.id)
    let claims = signers.flatMap { device in
      Samples.claims(of: device == cast.ada.device.id ? ada : mallory, device: device, by: ada)
    }
    return signers.map { signer in
      claims.flatMap { Script.part(1, StatementCodec.encode(Samples.statement($0, in: cast.workspace, by: signer))) }
    }
      + signers.flatMap { signer in
        claims.map { Script.part(1, StatementCodec.encode(Samples.statement($0, in: cast.workspace, by: signer))) }
      }
  }

  func run(_ bytes: [UInt8]) throws -> String {
    guard let cast = Self.cast else { throw Finding("the office cannot be founded") }
    var proved = cast.store.statements()
    let before = proved.count
    var bySign = 0
    for case .bytes(1, let body) in Script.parts(bytes).prefix(64) {
      guard let statement = StatementCodec.decode(body), let key = cast.key(of: statement.signer) else { continue }
      let signed = SignedStatement(body: body, signature: key.sign(body, .statement))
      bySign += 1
      if let one = Cast.prover.prove(signed) { proved.append(one) }
      // A signature says nothing of another body.
      let other = SignedStatement(body: body + [0], signature: signed.signature)
      try require(Cast.prover.prove(other) == nil, "a statement is proved by another's signature")
    }
    let one = Membership.evaluate(proved, in: cast.workspace, prover: Cast.prover)
    let other = Membership.evaluate(Array(proved.reversed()), in: cast.workspace, prover: Cast.prover)
    try require(
      one.members == other.members && one.devices == other.devices && one.excess == other.excess
        && one.name == other.name, "the order in which statements arrived counts")
    let isByFounder = proved.dropFirst(before).contains { $0.value.statement.signer == cast.ada.device.id }
    if !isByFounder {
      try require(one.device(cast.ada.device.id)?.role == .owner, "the owner was removed, and not by itself")
      let given = one.members[cast.members.mallory]?.role
      try require((given ?? .guest) <= .member, "a member is \(given ?? .guest) without the owner's word")
      let strangers = one.devices.filter { cast.key(of: $0) == nil || $0 == cast.eve.device.id }
      try require(strangers.isEmpty, "a device was let in without an invite by who may not")
    }
    for device in one.devices {
      let chain = one.chain(to: device).map { Verified.again($0, proved) }.compactMap { $0 }
      let shown = Membership.evaluate(chain, in: cast.workspace, prover: Cast.prover)
      try require(shown.author(device) == one.author(device), "a chain does not show what it should")
    }
    return "\(bySign.signum()) \(min(proved.count - before, 8)) proved, \(one.devices.count) devices, "
      + "\(one.members.values.map(\.role.rawValue).sorted()), \(one.excess.count)"
  }
}

extension Verified where Value == ProvedStatement {
  fileprivate static func again(_ proved: ProvedStatement, _ all: [Verified]) -> Verified? {
    all.first { $0.value.id == proved.id }
  }
}
