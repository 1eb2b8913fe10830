import BullpenCore
import Foundation
import SwiftProtobuf

/// Messages on connections: one in a frame.
public enum PeerMessageCodec {
  public static func encode(_ message: PeerMessage) -> [UInt8] {
    if case .segments(let batch) = message { return batch.bytes }
    return encodeAny(message)
  }

  /// As the library writes it.
  static func encodeAny(_ message: PeerMessage) -> [UInt8] {
    PBPeerMessage.with { $0.message = encoded(message) }.wireBytes
  }

  /// - Throws: `malformed` for what is no message, or one with a part missing, too long or out of range.
  public static func decode(_ bytes: [UInt8]) throws(WireError) -> PeerMessage {
    guard bytes.count <= Limits.frameBytes else { throw .malformed }
    let message: PeerMessage
    if let batch = SegmentBatch(usual: bytes) { message = .segments(batch) } else { message = try decodeAny(bytes) }
    if case .segments(let batch) = message, bytes.count > Limits.frameBytes - Limits.segmentRoom,
      batch.segments.contains(where: { $0.first == 1 })
    {
      throw .malformed
    }
    return message
  }

  /// As the library reads it.
  static func decodeAny(_ bytes: [UInt8]) throws(WireError) -> PeerMessage {
    guard let message = PBPeerMessage(wire: bytes)?.message,
      let decoded = decoded(message)
    else { throw .malformed }
    return decoded
  }

  private static func encoded(_ message: PeerMessage) -> PBPeerMessage.OneOf_Message {
    switch message {
    case .hello(let hello):
      .hello(
        .with {
          $0.version = hello.version
          $0.nonce = hello.nonce.data
        })
    case .recognise(let recognition): .recognise(.with { $0.tag = recognition.tag.data })
    case .introduce(let statements): .introduce(statements.message)
    case .join(let join): .join(.with { $0.step = encoded(join) })
    case .refuse(let refusal, let wall):
      .refuse(
        .with {
          $0.reason = UInt32(refusal.rawValue)
          if let wall { $0.wall = wall }
        })
    case .statements(let exchange):
      .statements(
        .with {
          $0.known = exchange.known.map(\.data)
          $0.statements = exchange.statements.map(\.message)
        })
    case .have(let have):
      .have(
        .with {
          $0.digest = have.digest.data
          $0.listsHeads = have.heads != nil
          $0.heads = have.heads?.map(\.message) ?? []
        })
    case .want(let want): .want(.with { $0.ranges = want.ranges.map(\.message) })
    case .segments(let batch): .segments(.with { $0.segments = batch.segments.map(\.message) })
    case .acknowledge(let acknowledgement):
      .acknowledge(
        .with {
          $0.heads = acknowledgement.heads.map(\.message)
          $0.credit = acknowledgement.credit
        })
    case .announce(let heads): .announce(.with { $0.heads = heads.map(\.message) })
    case .datagramSession(let session):
      .datagramSession(
        .with {
          $0.connection = session.connection.raw
          $0.key = .init(session.key.bytes)
          $0.port = UInt32(session.port)
          $0.wall = session.wall
        })
    case .ping(let nonce): .ping(.with { $0.nonce = nonce })
    case .pong(let pong):
      .pong(
        .with {
          $0.nonce = pong.nonce
          $0.wall = pong.wall
        })
    case .vouch(let query): .vouch(.with { $0.device = query.device.data })
    case .vouchAnswer(let answer):
      .vouchAnswer(
        .with {
          $0.device = answer.device.data
          if let silence = answer.silence { $0.silence = silence }
          if let sighting = answer.sighting { $0.sighting = sighting.message }
        })
    case .addresses(let peers): .addresses(.with { $0.peers = peers.map(\.message) })
    case .goodbye: .goodbye(PBGoodbye())
    case .ground(let statements): .ground(statements.message)
    }
  }

  private static func encoded(_ join: JoinMessage) -> PBJoinMessage.OneOf_Step {
    switch join {
    case .prove(let proof): .prove(proof.message)
    case .chain(let statements): .chain(statements.message)
    case .details(let details):
      .details(
        .with {
          $0.name = details.name
          $0.memberKey = details.memberKey.data
          $0.proof = details.proof.message
          $0.consent = details.consent.data
        })
    case .welcome(let statements): .welcome(statements.message)
    case .linked(let statements, let sealed):
      .linked(
        .with {
          $0.statements = statements.message.statements
          $0.sealed = Data(sealed)
        })
    }
  }

  private static func decoded(_ message: PBPeerMessage.OneOf_Message) -> PeerMessage? {
    switch message {
    case .hello(let hello):
      return Nonce(bytes: hello.nonce).map { .hello(Hello(version: hello.version, nonce: $0)) }
    case .recognise(let recognition):
      return Digest(bytes: recognition.tag).map { .recognise(Recognition(tag: $0)) }
    case .introduce(let statements): return [SignedStatement](statements).map { .introduce($0) }
    case .join(let join): return join.step.flatMap(decoded).map { .join($0) }
    case .refuse(let refuse):
      guard WireRange.moments.contains(refuse.wall) else { return nil }
      return UInt8(exactly: refuse.reason).flatMap(Refusal.init(rawValue:))
        .map { .refuse($0, wall: refuse.hasWall ? refuse.wall : nil) }
    case .statements(let exchange):
      guard let known = decodeAll(exchange.known, atMost: Limits.statementChunk, { StatementID(bytes: $0) }),
        known == Set(known).sorted(),
        let statements = decodeAll(exchange.statements, atMost: Limits.statementChunk, { SignedStatement($0) })
      else { return nil }
      return .statements(StatementExchange(known: known, statements: statements))
    case .have(let have):
      guard let digest = Digest(bytes: have.digest), let heads = decodeHeads(have.heads),
        have.listsHeads || heads.isEmpty
      else { return nil }
      return .have(Have(digest: digest, heads: have.listsHeads ? heads : nil))
    case .want(let want):
      return decodeAll(want.ranges, atMost: Limits.rangesQueued, { LogRange($0) }).map { .want(Want(ranges: $0)) }
    case .segments(let batch):
      guard let segments = decodeAll(batch.segments, atMost: Limits.segmentEntries, { Segment($0) }),
        !segments.isEmpty
      else { return nil }
      return .segments(SegmentBatch(segments: segments))
    case .acknowledge(let acknowledgement):
      return decodeHeads(acknowledgement.heads).map {
        .acknowledge(Acknowledgement(heads: $0, credit: acknowledgement.credit))
      }
    case .announce(let announce): return decodeHeads(announce.heads).map { .announce($0) }
    case .datagramSession(let session):
      guard let key = Bytes32(session.key), let port = UInt16(exactly: session.port), port > 0,
        WireRange.moments.contains(session.wall)
      else { return nil }
      return .datagramSession(
        DatagramSession(
          connection: DatagramConnectionID(raw: session.connection), key: key, port: port, wall: session.wall))
    case .ping(let ping): return .ping(ping.nonce)
    case .pong(let pong):
      guard WireRange.moments.contains(pong.wall) else { return nil }
      return .pong(Pong(nonce: pong.nonce, wall: pong.wall))
    case .vouch(let query): return DeviceID(bytes: query.device).map { .vouch(VouchQuery(device: $0)) }
    case .vouchAnswer(let answer):
      guard let device = DeviceID(bytes: answer.device), WireRange.spans.contains(answer.silence) else { return nil }
      let sighting = answer.hasSighting ? ToldSighting(answer.sighting) : nil
      guard (sighting != nil) == answer.hasSighting else { return nil }
      return .vouchAnswer(
        VouchAnswer(device: device, silence: answer.hasSilence ? answer.silence : nil, sighting: sighting))
    case .addresses(let addresses):
      return decodeAll(addresses.peers, atMost: Limits.addressesTold, { PeerAddresses($0) }).map { .addresses($0) }
    case .goodbye: return .goodbye
    case .ground(let statements): return [SignedStatement](statements).map { .ground($0) }
    }
  }

  private static func decoded(_ step: PBJoinMessage.OneOf_Step) -> JoinMessage? {
    switch step {
    case .prove(let proof): return InviteProof(proof).map { .prove($0) }
    case .chain(let statements): return [SignedStatement](statements).map { .chain($0) }
    case .details(let details):
      guard (1...Limits.nameBytes).contains(details.name.utf8.count), let key = MemberKey(bytes: details.memberKey),
        let proof = InviteProof(details.proof), let consent = Signature(bytes: details.consent)
      else { return nil }
      return .details(JoinDetails(name: details.name, memberKey: key, proof: proof, consent: consent))
    case .welcome(let statements): return [SignedStatement](statements).map { .welcome($0) }
    case .linked(let linked):
      guard linked.sealed.count == Limits.sealedSecretBytes else { return nil }
      return [SignedStatement](.with { $0.statements = linked.statements })
        .map { .linked($0, sealed: Array(linked.sealed)) }
    }
  }

  private static func decodeHeads(_ heads: [PBLogHead]) -> [LogHead]? {
    decodeAll(heads, atMost: Limits.headsPerMessage, { LogHead($0) })
  }
}

extension ToldSighting {
  fileprivate var message: PBSighting {
    .with {
      $0.age = age
      $0.stayed = stayed
      $0.page = page?.name ?? ""
      $0.activity = UInt32(activity?.rawValue ?? 0)
    }
  }

  /// An activity of a later version is one that is not known.
  fileprivate init?(_ message: PBSighting) {
    guard WireRange.spans.contains(message.age), WireRange.spans.contains(message.stayed) else { return nil }
    let page = RoomID(message.page)
    guard page != nil || message.page.isEmpty else { return nil }
    self.init(
      age: message.age, stayed: message.stayed, page: page,
      activity: UInt8(exactly: message.activity).flatMap(LastSeen.Activity.init(rawValue:)))
  }
}

extension [SignedStatement] {
  fileprivate var message: PBStatements { .with { $0.statements = map(\.message) } }

  fileprivate init?(_ message: PBStatements) {
    guard let statements = decodeAll(message.statements, atMost: Limits.chain, { SignedStatement($0) }) else {
      return nil
    }
    self = statements
  }
}

extension SignedStatement {
  fileprivate var message: PBSignedStatement {
    .with {
      $0.body = .init(body)
      $0.signature = signature.data
    }
  }

  fileprivate init?(_ message: PBSignedStatement) {
    guard (1...Limits.statementBytes).contains(message.body.count),
      let signature = Signature(bytes: message.signature)
    else { return nil }
    self.init(body: Array(message.body), signature: signature)
  }
}

extension PeerAddresses {
  /// An interface's index means nothing on another machine, so link-local addresses stay at home.
  fileprivate var message: PBPeerAddresses {
    .with {
      $0.device = device.data
      $0.endpoints = endpoints.filter { !$0.isLinkLocal }.map { endpoint in
        .with {
          $0.address = .init(endpoint.address)
          $0.port = UInt32(endpoint.port)
        }
      }
    }
  }

  fileprivate init?(_ message: PBPeerAddresses) {
    guard let device = DeviceID(bytes: message.device),
      let endpoints = decodeAll(
        message.endpoints, atMost: Limits.addressesPerPeer,
        { told -> Endpoint? in
          guard let port = UInt16(exactly: told.port), port > 0 else { return nil }
          return Endpoint(address: Array(told.address), port: port)
        })
    else { return nil }
    self.init(device: device, endpoints: endpoints)
  }
}
