import BullpenCore
import Foundation
import SwiftProtobuf

/// Statements. What is signed are the bytes as they were written: nothing is ever encoded again to be checked.
public enum StatementCodec {
  public static func encode(_ statement: Statement) -> [UInt8] {
    var message = PBStatement()
    message.workspace = statement.workspace?.data ?? .init()
    message.signer = statement.signer.data
    message.incarnation = statement.incarnation.data
    message.sequence = statement.sequence
    message.previous = statement.previous?.data ?? .init()
    message.time = statement.time.raw
    switch statement.claim {
    case .genesis(let genesis):
      message.genesis = .with {
        $0.name = genesis.name
        $0.memberKey = genesis.member.data
        $0.nonce = genesis.nonce.data
      }
    case .credential(let credential):
      message.credential = .with {
        $0.device = credential.device.data
        $0.member = credential.member.data
        $0.memberKey = credential.memberKey.data
        $0.role = UInt32(credential.role.rawValue)
        if let proof = credential.invite { $0.invite = proof.message }
        $0.consent = credential.consent?.data ?? .init()
      }
    case .invite(let invite):
      message.invite = .with {
        $0.invite = invite.invite.data
        $0.role = UInt32(invite.role.rawValue)
        $0.uses = invite.uses
        $0.expiry = invite.expiry
      }
    case .cut(let cut):
      message.cut = .with {
        $0.device = cut.device.data
        $0.kept = cut.kept.map { kept in
          .with {
            $0.incarnation = kept.log.incarnation.data
            $0.kind = UInt32(kept.log.kind.rawValue)
            $0.sequence = kept.head.sequence
            $0.digest = kept.head.digest.data
            $0.statement = kept.statement?.data ?? .init()
          }
        }
      }
    case .demotion(let demotion):
      message.demotion = .with {
        $0.member = demotion.member.data
        $0.role = UInt32(demotion.role.rawValue)
        $0.ended = demotion.ended.map(\.data)
        $0.kept = demotion.kept.map(\.message)
      }
    case .succession(let succession):
      message.succession = .with {
        $0.member = succession.member?.data ?? .init()
        $0.replaced = succession.replaced.map(\.data)
      }
    case .takeover(let takeover):
      message.takeover = .with {
        $0.succession = takeover.succession.data
        $0.kept = takeover.kept.map(\.message)
      }
    case .generation(let generation):
      message.generation = .with {
        $0.memberKey = generation.key.data
        $0.without = generation.without.map(\.data)
        $0.boxes = generation.boxes.map { box in
          .with {
            $0.device = box.device.data
            $0.box = Data(box.box)
          }
        }
      }
    case .voiding(let entry):
      message.voiding = entry.message
    case .unknown(let fields): return message.wireBytes + fields
    }
    return message.wireBytes
  }

  /// Nil for bytes that are no statement, or one with a part missing or out of range.
  public static func decode(_ bytes: [UInt8]) -> Statement? {
    guard bytes.count <= Limits.statementBytes, let message = PBStatement(wire: bytes),
      let signer = DeviceID(bytes: message.signer),
      let incarnation = Incarnation(bytes: message.incarnation), WireRange.sequences.contains(message.sequence),
      message.time >= 0, let previous = StatementID?(optional: message.previous), let claim = claim(of: message)
    else { return nil }
    var workspace: WorkspaceID?
    if !message.workspace.isEmpty {
      guard let id = WorkspaceID(bytes: message.workspace) else { return nil }
      workspace = id
    }
    return Statement(
      workspace: workspace, signer: signer, incarnation: incarnation, sequence: message.sequence, previous: previous,
      time: HybridTime(raw: message.time), claim: claim)
  }

  /// A claim that is known holds its bounds; where there is none, a field of a later version may be one.
  private static func claim(of message: PBStatement) -> Statement.Claim? {
    if let claim = message.claim { return decode(claim) }
    let fields = message.unknownFields.data
    return fields.isEmpty || message.workspace.isEmpty ? nil : .unknown(Array(fields))
  }

  private static func decode(_ claim: PBStatement.OneOf_Claim) -> Statement.Claim? {
    switch claim {
    case .genesis(let message):
      guard (1...Limits.nameBytes).contains(message.name.utf8.count),
        let key = MemberKey(bytes: message.memberKey), let nonce = Nonce(bytes: message.nonce)
      else { return nil }
      return .genesis(Genesis(name: message.name, member: key, nonce: nonce))
    case .credential(let message):
      guard let device = DeviceID(bytes: message.device), let member = MemberID(bytes: message.member),
        let key = MemberKey(bytes: message.memberKey), let role = Role(wire: message.role)
      else { return nil }
      var proof: InviteProof?
      if message.hasInvite {
        guard let decoded = InviteProof(message.invite) else { return nil }
        proof = decoded
      }
      var consent: Signature?
      if !message.consent.isEmpty {
        guard let decoded = Signature(bytes: message.consent) else { return nil }
        consent = decoded
      }
      return .credential(
        Credential(device: device, member: member, memberKey: key, role: role, invite: proof, consent: consent))
    case .invite(let message):
      guard let invite = InviteID(bytes: message.invite), let role = Role(wire: message.role), message.uses >= 1,
        message.expiry >= 0
      else { return nil }
      return .invite(Invite(invite: invite, role: role, uses: message.uses, expiry: message.expiry))
    case .cut(let message):
      guard let device = DeviceID(bytes: message.device) else { return nil }
      let kept = decodeAll(message.kept, atMost: Limits.cutLogs) { log -> KeptLog? in
        guard let incarnation = Incarnation(bytes: log.incarnation), let kind = LogKind(wire: log.kind) else {
          return nil
        }
        let id = LogID(device: device, incarnation: incarnation, kind: kind)
        return decode(id, log.sequence, log.digest, log.statement)
      }
      return kept.flatMap(once).map { .cut(Cut(device: device, kept: $0)) }
    case .demotion(let message):
      guard let member = MemberID(bytes: message.member), let role = Role(wire: message.role), role < .owner,
        !message.ended.isEmpty,
        let ended = decodeAll(message.ended, atMost: Limits.demotionEnds, { StatementID(bytes: $0) }),
        let kept = decode(message.kept)
      else { return nil }
      return .demotion(Demotion(member: member, role: role, ended: ended, kept: kept))
    case .succession(let message):
      guard let replaced = decodeAll(message.replaced, atMost: Limits.replacedNamings, { StatementID(bytes: $0) })
      else { return nil }
      guard !message.member.isEmpty else { return .succession(Succession(member: nil, replaced: replaced)) }
      guard let member = MemberID(bytes: message.member) else { return nil }
      return .succession(Succession(member: member, replaced: replaced))
    case .takeover(let message):
      guard let succession = StatementID(bytes: message.succession), let kept = decode(message.kept) else { return nil }
      return .takeover(Takeover(succession: succession, kept: kept))
    case .generation(let message):
      guard let key = MemberKey(bytes: message.memberKey), !message.boxes.isEmpty,
        let without = decodeAll(message.without, atMost: Limits.keyBoxes, { DeviceID(bytes: $0) }),
        let boxes = decodeAll(message.boxes, atMost: Limits.keyBoxes, decode)
      else { return nil }
      return .generation(KeyGeneration(key: key, without: without, boxes: boxes))
    case .voiding(let message):
      guard let entry = LogHead(message), entry.head.sequence >= 1 else { return nil }
      return .voiding(entry)
    }
  }

  private static func decode(_ box: PBKeyBox) -> KeyBox? {
    guard let device = DeviceID(bytes: box.device), box.box.count == Limits.keyBoxBytes else { return nil }
    return KeyBox(device: device, box: Array(box.box))
  }

  /// Nil when there are too many, or one of them is out of bounds.
  private static func decode(_ kept: [PBKeptLog]) -> [KeptLog]? {
    let logs = decodeAll(kept, atMost: Limits.demotionLogs) { kept in
      LogID(kept.log).flatMap { decode($0, kept.sequence, kept.digest, kept.statement) }
    }
    return logs.flatMap(once)
  }

  /// Nil where a head of a log is listed twice, or more than it may have branches.
  private static func once(_ kept: [KeptLog]) -> [KeptLog]? {
    let heads = Dictionary(grouping: kept, by: \.log).mapValues { $0.map(\.head) }
    return heads.values.allSatisfy { $0.count <= Limits.branches && Set($0).count == $0.count } ? kept : nil
  }

  private static func decode(_ log: LogID, _ sequence: UInt64, _ digest: Data, _ last: Data) -> KeptLog? {
    guard WireRange.heads.contains(sequence), let digest = Digest(bytes: digest),
      let statement = StatementID?(optional: last)
    else { return nil }
    return KeptLog(log: log, head: Head(sequence: sequence, digest: digest), statement: statement)
  }
}

extension KeptLog {
  fileprivate var message: PBKeptLog {
    .with {
      $0.log = log.message
      $0.sequence = head.sequence
      $0.digest = head.digest.data
      $0.statement = statement?.data ?? .init()
    }
  }
}

extension StatementID? {
  /// Nil for bytes that are neither empty nor an id.
  fileprivate init?(optional bytes: Data) {
    if bytes.isEmpty {
      self = .none
    } else {
      guard let id = StatementID(bytes: bytes) else { return nil }
      self = id
    }
  }
}

extension InviteProof {
  var message: PBInviteProof {
    .with {
      $0.invite = invite.data
      $0.signature = signature.data
    }
  }

  init?(_ message: PBInviteProof) {
    guard let invite = InviteID(bytes: message.invite), let signature = Signature(bytes: message.signature) else {
      return nil
    }
    self.init(invite: invite, signature: signature)
  }
}
