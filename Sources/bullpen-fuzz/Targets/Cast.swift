import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenWire

/// Who takes part: a founder, a member whose node was changed to lie, and a stranger. Always the same ones.
struct Cast {
  static let wall: Int64 = 1_800_000_000_000
  static let surroundings = Surroundings(machine: "one")
  static let prover = SodiumProver(decode: StatementCodec.decode)

  let ada: Author
  let mallory: Author
  let eve: Author
  let invite: InviteKey
  /// The founder's database.
  let store: Store

  init(at location: StoreLocation = .memory) throws {
    var random = SeededRandomness(seed: 7)
    func author() -> Author { Author(device: DeviceKey(using: &random), secret: MemberSecret(using: &random)) }
    (ada, mallory, eve) = (author(), author(), author())
    invite = InviteKey(using: &random)
    store = try Store.found(
      at: location, author: ada, workspace: "Harbour Desk", memberName: "Ada Quill",
      surroundings: Self.surroundings, prover: Self.prover, random: random, wall: Self.wall)
    let member = Self.prover.member(of: store.workspace, firstDevice: mallory.device.id)
    _ = try store.state(
      .credential(
        Credential(
          device: mallory.device.id, member: member, memberKey: mallory.secret.key, role: .member, invite: nil,
          consent: mallory.device.consent(to: member, key: mallory.secret.key, in: store.workspace))),
      wall: Self.wall)
    _ = try store.state(
      .invite(Invite(invite: invite.invite, role: .member, uses: 3, expiry: Self.wall + 86_400_000)), wall: Self.wall)
  }

  var workspace: WorkspaceID { store.workspace }
  var members: (ada: MemberID, mallory: MemberID) {
    (
      Self.prover.member(of: workspace, firstDevice: ada.device.id),
      Self.prover.member(of: workspace, firstDevice: mallory.device.id)
    )
  }

  /// The key of a device that is one of these.
  func key(of device: DeviceID) -> DeviceKey? { [ada, mallory, eve].map(\.device).first { $0.id == device } }

  /// A row of the modified member's, as it should be.
  func change(_ text: String = "ferns", by member: MemberID? = nil) -> Change {
    var random = SeededRandomness(seed: 11)
    return Change(rows: [
      RowChange(
        table: Tables.activities.name,
        key: RowKey.own(member ?? members.mallory, RowID(at: Self.wall, using: &random)).bytes,
        cells: [
          CellChange(column: "kind", content: CellContent.clear(.text("note")).bytes),
          CellChange(column: "text", content: CellContent.clear(.text(text)).bytes),
        ])
    ])
  }

  func log(_ kind: LogKind = .passing, incarnation: Incarnation = Incarnation(.zero)) -> LogID {
    LogID(device: mallory.device.id, incarnation: incarnation, kind: kind)
  }
}

/// Inputs that are a list of things: a protobuf message, so that they are mutated as one.
enum Script {
  static func part(_ field: UInt64, _ bytes: [UInt8]) -> [UInt8] {
    Varint.bytes(field << 3 | 2) + Varint.bytes(UInt64(bytes.count)) + bytes
  }

  static func number(_ field: UInt64, _ number: UInt64) -> [UInt8] { Varint.bytes(field << 3) + Varint.bytes(number) }

  enum Part {
    case bytes(UInt64, [UInt8])
    case number(UInt64, UInt64)
  }

  /// What cannot be read says nothing.
  static func parts(_ bytes: [UInt8]) -> [Part] {
    (ProtobufMutation.fields(bytes) ?? []).compactMap { field in
      if let content = field.content { return .bytes(field.tag >> 3, content) }
      guard field.tag & 7 == 0, let number = Varint.read(field.rest[...]) else { return nil }
      return .number(field.tag >> 3, number.number)
    }
  }
}

/// The word before the parenthesis of a case's description.
func kind(_ value: Any) -> String { String("\(value)".prefix { $0 != "(" }) }
