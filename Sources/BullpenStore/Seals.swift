import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

/// Opens what is sealed to this node's member. Plain text stays in memory: nothing here writes.
struct Seals {
  let context: StoreContext
  let member: MemberID
  let keyring: Keyring
  let db: Database

  init(_ context: StoreContext, _ membership: Membership, member: MemberID, _ db: Database) {
    self.context = context
    self.member = member
    self.db = db
    keyring = Keyring(context.author, membership)
  }

  /// Names a sealed row in the keys of its grants: the first half of BLAKE2b over domain, table and key.
  static func target(_ table: TableDeclaration, _ key: RowKey) -> Bytes16 {
    let domain = Array("bullpen v1 grant target".utf8) + [0]
    return Blake2b.digest(domain, Array(table.name.utf8), [0], key.bytes).raw.upper
  }

  static func grantKey(_ table: TableDeclaration, _ key: RowKey, to reader: MemberID) -> RowKey? {
    key.rowID(shape: table.key).map {
      RowKey.grant(by: key.writer, row: $0, to: reader, of: target(table, key))
    }
  }

  /// In the keys of grants to one device the place of the reader: it belongs to a member no key of which can be used.
  static func reader(_ device: DeviceID) -> MemberID {
    let domain = Array("bullpen v1 grant device".utf8) + [0]
    return MemberID(Blake2b.digest(domain, device.bytes).raw.upper)
  }

  /// A row's key that was granted to one device of a member is granted anew by the member itself, for all of them.
  static func ownGrantKey(_ row: RowID, _ target: Bytes16, by member: MemberID) -> RowKey {
    RowKey.grant(by: member, row: row, to: member, of: target)
  }

  /// The key of a sealed row; nil when none was granted that this device can open.
  func secret(_ table: TableDeclaration, _ key: RowKey) throws -> RowSecret? {
    guard let row = key.rowID(shape: table.key) else { return nil }
    let own = Self.reader(context.author.device.id)
    if let box = try box(Self.grantKey(table, key, to: member)), let secret = keyring.openGrant(box) { return secret }
    if let box = try box(Self.grantKey(table, key, to: own)), let secret = keyring.openOwn(box) { return secret }
    return try box(Self.ownGrantKey(row, Self.target(table, key), by: member)).flatMap(keyring.openGrant)
  }

  /// What a grant holds; nil where there is none.
  func box(_ grant: RowKey?) throws -> [UInt8]? {
    guard let grant, let cell = try context.table(Tables.grants.name)?.row(grant, in: db)?.cells[0],
      case .clear(.bytes(let box)) = CellContent(bytes: cell)
    else { return nil }
    return box
  }

  /// A cell's value, opened where it is sealed; nil when it was never written or does not open.
  func value(
    _ column: String, of row: StoredRow, _ key: RowKey, in table: TableDeclaration, secret: RowSecret?
  ) throws -> Value? {
    guard let place = table.columns.firstIndex(where: { $0.name == column }), let cell = row.cells[place],
      let clock = row.clocks.columns[place], let content = CellContent(bytes: cell)
    else { return nil }
    guard case .sealed = content else {
      guard case .clear(let value) = content else { return nil }
      return value
    }
    let sql = "SELECT device FROM node_devices WHERE id = ?"
    guard let secret, let bytes = try Data.fetchOne(db.cachedStatement(sql: sql), arguments: [clock.device]),
      let device = DeviceID(bytes: bytes)
    else { return nil }
    return secret.open(
      content,
      in: SealContext(
        workspace: context.workspace, table: table.name, key: key.bytes, column: column, device: device,
        time: clock.time, index: clock.index))
  }

  func text(
    _ column: String, of row: StoredRow, _ key: RowKey, in table: TableDeclaration, secret: RowSecret? = nil
  ) throws -> String? {
    guard case .text(let text) = try value(column, of: row, key, in: table, secret: secret) else { return nil }
    return text
  }

  func integer(_ column: String, of row: StoredRow, _ key: RowKey, in table: TableDeclaration) throws -> Int64? {
    guard case .integer(let integer) = try value(column, of: row, key, in: table, secret: nil) else { return nil }
    return integer
  }
}
