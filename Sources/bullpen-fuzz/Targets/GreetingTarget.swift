import BullpenCore
import BullpenCrypto
import BullpenWire

/// The first words on a connection, before anybody has shown who it is. Fields 1 are messages; 2 says why our side is on
/// the line, 3 who is at the other end.
final class GreetingTarget: FuzzTarget {
  static let name = "greeting"
  static let form = InputForm.protobuf
  private static let cast = try? Cast()
  private static let nonces = (ours: Samples.id32(0x0a) as Nonce, theirs: Samples.id32(0x4f) as Nonce)

  /// Greetings that go well, as far as one side alone can write them.
  static func seeds() -> [[UInt8]] {
    guard let cast else { return [] }
    let membership = cast.store.membership()
    let hello = PeerMessage.hello(Hello(version: 1, nonce: nonces.theirs))
    func script(_ purpose: UInt64, _ who: UInt64, _ messages: [PeerMessage]) -> [UInt8] {
      Script.number(2, purpose) + Script.number(3, who)
        + messages.flatMap { Script.part(1, PeerMessageCodec.encode($0)) }
    }
    return [cast.mallory, cast.eve].enumerated().flatMap { who, author in
      let device = author.device.id
      let member = Cast.prover.member(of: cast.workspace, firstDevice: device)
      let toUs = GreetingDirection(
        speaker: device, listener: cast.ada.device.id, speakerNonce: nonces.theirs, listenerNonce: nonces.ours)
      let tag = PeerMessage.recognise(Recognition(tag: Cast.prover.tag(cast.workspace, toUs)))
      let chain = membership.chain(to: device).map(\.signed)
      let join = cast.invite.proveJoin(workspace: cast.workspace, direction: toUs)
      let credential = cast.invite.proveCredential(
        workspace: cast.workspace, joiner: device, admitter: cast.ada.device.id)
      let details = JoinDetails(
        name: "Eve", memberKey: author.secret.key, proof: credential,
        consent: author.device.consent(to: member, key: author.secret.key, in: cast.workspace))
      return [
        script(0, UInt64(who), [hello, tag, .introduce(chain)]),
        script(1, UInt64(who), [hello, tag, .introduce(chain)]),
        script(0, UInt64(who), [hello, tag] + chain.dropLast().map { .ground([$0]) } + [.introduce(chain.suffix(1))]),
        script(2, UInt64(who), [hello, tag] + chain.map { .ground([$0]) } + [.join(.chain([])), .join(.welcome([]))]),
        script(0, UInt64(who), [hello, tag, .join(.prove(join)), .join(.details(details))]),
        script(2, UInt64(who), [hello, tag, .join(.chain(chain)), .join(.welcome(chain))]),
        script(3, UInt64(who), [hello, tag, .join(.chain(chain)), .join(.linked(chain, sealed: Self.box))]),
        script(0, UInt64(who), [hello] + Samples.messages()),
      ]
    }
  }

  private static let box = [UInt8](repeating: 0x6b, count: Limits.sealedSecretBytes)

  func run(_ bytes: [UInt8]) throws -> String {
    guard let cast = Self.cast else { throw Finding("the office cannot be founded") }
    let parts = Script.parts(bytes)
    var (purpose, who): (UInt64, UInt64) = (0, 0)
    for case .number(let field, let number) in parts {
      if field == 2 { purpose = number % 4 }
      if field == 3 { who = number % 2 }
    }
    let isMember = who == 0
    let peer = (isMember ? cast.mallory : cast.eve).device.id
    let why: Greeting.Purpose =
      switch purpose {
      case 0: .answer
      case 1: .meet(cast.workspace)
      default:
        .join(
          .init(
            workspace: cast.workspace, secret: cast.invite, name: "Ada", memberKey: cast.ada.secret.key,
            member: purpose == 3 ? cast.members.mallory : nil, device: cast.ada.device))
      }
    var greeting = Greeting(why, own: cast.ada.device.id, peer: peer, nonce: Self.nonces.ours)
    let known = purpose >= 2 ? [:] : [cast.workspace: cast.store.membership()]
    var said: [String] = greeting.start().map(kind)
    for case .bytes(1, let body) in parts.prefix(64) {
      guard let message = try? PeerMessageCodec.decode(body) else { break }
      let effects = greeting.receive(message, in: known, prover: Cast.prover, wall: { _ in Cast.wall })
      for effect in effects {
        said.append(kind(effect))
        switch effect {
        case .send(let message):
          try require(
            (try? PeerMessageCodec.decode(PeerMessageCodec.encode(message))) == message, "what is said cannot be read")
        case .met: try require(isMember, "a stranger is met as a member")
        case .admit(_, let credential, _):
          try require(credential.device == peer && credential.role == .member, "another is let in than asks")
        case .joined, .linked, .expelled, .link, .close, .refused: break
        }
      }
      if effects.contains(where: { if case .close = $0 { true } else { false } }) { break }
    }
    return said.joined(separator: " ")
  }
}
