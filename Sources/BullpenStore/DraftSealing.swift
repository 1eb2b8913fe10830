import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

/// Turns a draft into the change that goes out: bounds checked, cells numbered, what is private sealed, and the
/// keys granted.
struct DraftSealing {
  private let transaction: Transaction
  private let membership: Membership
  private let member: MemberID
  private let time: HybridTime
  private var rows: [RowChange] = []
  private var grants: [RowChange] = []
  private var seen: Set<[UInt8]> = []
  private var index = 0

  init(_ transaction: Transaction, membership: Membership, member: MemberID, time: HybridTime) {
    self.transaction = transaction
    self.membership = membership
    self.member = member
    self.time = time
  }

  /// Throws `StoreError` for what may not be written.
  mutating func seal(_ drafts: [RowDraft]) throws -> Change {
    for draft in drafts { try add(draft) }
    return Change(rows: rows + grants)
  }

  private mutating func add(_ draft: RowDraft) throws {
    let table = draft.table
    guard RowKey(draft.key.bytes, shape: table.key) == draft.key else {
      throw StoreError(.invalid, "The key \(draft.key) does not have the shape of \(table.name).")
    }
    guard draft.key.writer == member || table.writer == .anyone else {
      throw StoreError(.forbidden, "Only the member in the key may write \(table.name) \(draft.key).")
    }
    guard seen.insert(Array(table.name.utf8) + [0] + draft.key.bytes).inserted else {
      throw StoreError(.invalid, "The draft writes \(table.name) \(draft.key) twice.")
    }
    let stored = try transaction.context.table(table.name)?.row(draft.key, in: transaction.db)
    try checkTime(draft, isNew: stored == nil)
    try checkValues(draft)
    if draft.isDelete {
      rows.append(RowChange(table: table.name, key: draft.key.bytes, cells: [], isDelete: true))
      return
    }
    if stored?.isDeleted == true {
      throw StoreError(.invalid, "\(table.name) \(draft.key) was deleted, and a deleted row does not come back.")
    }
    let audience = try checkedAudience(draft, stored)
    let secret = try rowSecret(draft, stored, audience)
    var row = RowChange(table: table.name, key: draft.key.bytes, audience: audience, cells: [])
    for column in table.columns {
      guard let value = draft.cells[column.name] else { continue }
      row.cells.append(CellChange(column: column.name, content: try content(value, column, draft, secret)))
      index += 1
    }
    rows.append(row)
  }

  // MARK: Bounds

  private func checkTime(_ draft: RowDraft, isNew: Bool) throws {
    guard let id = draft.key.rowID(shape: draft.table.key) else { return }
    guard id.isVersion7 else { throw StoreError(.invalid, "The id in \(draft.key) is no UUID of version 7.") }
    let age = time.milliseconds - id.milliseconds
    // An edit may come as late as it likes; a row is made at the time in its key.
    let isTooOld = isNew && draft.table.key == .own && age > Limits.clockBound
    guard !isTooOld, age >= -Limits.clockBound else {
      throw StoreError(.invalid, "The time in the key \(draft.key) lies more than five minutes from now.")
    }
    if let expiry = draft.table.expiry(of: draft.key), expiry <= transaction.wall {
      throw StoreError(.invalid, "The life of \(draft.table.name) \(draft.key) is over.")
    }
  }

  private func checkValues(_ draft: RowDraft) throws {
    for (name, value) in draft.cells.sorted(by: { $0.key < $1.key }) {
      guard let column = draft.table.column(name) else {
        throw StoreError(.invalid, "\(draft.table.name) has no column \(name).")
      }
      switch Judge.judge(value, column) {
      case nil: break
      case .limit?:
        throw StoreError(
          .tooLarge, "\(draft.table.name).\(name) holds at most \(column.limit) bytes.", hint: "Make it shorter.")
      default:
        throw StoreError(.invalid, "\(draft.table.name).\(name) cannot hold that value.")
      }
    }
  }

  private func checkedAudience(_ draft: RowDraft, _ stored: StoredRow?) throws -> [MemberID] {
    let audience = Set(draft.audience).sorted()
    guard draft.table.audience == .named else {
      guard audience.isEmpty else { throw StoreError(.invalid, "\(draft.table.name) is for the whole workspace.") }
      return []
    }
    guard stored != nil || !audience.isEmpty else {
      throw StoreError(.invalid, "A row of \(draft.table.name) names whom it is for.", hint: "Name a member.")
    }
    guard audience.count <= Limits.audience else {
      throw StoreError(.tooLarge, "A row names at most \(Limits.audience) members.")
    }
    for reader in audience where membership.sealing(to: reader) == nil && stored?.audience.contains(reader) != true {
      throw StoreError(.invalid, "\(reader) is not a member of this workspace.")
    }
    if let stored, !audience.isEmpty, !Set(stored.audience).isSubset(of: audience) {
      throw StoreError(
        .invalid, "What was sealed to a member stays readable to that member.", hint: "Write a new row for fewer.")
    }
    return audience
  }

  // MARK: Seals

  /// The row's key: the one it has, or a new one. Whoever lacks it is granted it in the same change.
  private mutating func rowSecret(
    _ draft: RowDraft, _ stored: StoredRow?, _ audience: [MemberID]
  ) throws -> RowSecret? {
    let table = draft.table
    guard table.columns.contains(where: { $0.protection == .sealed }) else { return nil }
    let seals = Seals(transaction.context, membership, member: member, transaction.db)
    let held = try stored == nil ? nil : seals.secret(table, draft.key)
    if stored != nil, held == nil {
      throw StoreError(.forbidden, "\(table.name) \(draft.key) was sealed with a key that this device does not hold.")
    }
    if let stored { try checkLost(draft, stored) }
    let secret = held ?? RowSecret(using: &transaction.state.random)
    for reader in Set(audience + [member]).sorted() {
      switch membership.sealing(to: reader) {
      case .key(let key): try grant(secret, of: draft, to: reader, key)
      case .devices(let devices):
        for device in devices {
          guard let key = device.sealing else { continue }
          try grant(secret, of: draft, to: Seals.reader(device), key)
        }
      // Who is no member any more is granted nothing new.
      case nil: break
      }
    }
    return secret
  }

  /// Whoever holds a device that was cut may hold the row's key, so nothing is sealed under it any more.
  private func checkLost(_ draft: RowDraft, _ stored: StoredRow) throws {
    guard draft.table.columns.contains(where: { $0.protection == .sealed && draft.cells[$0.name] != nil }) else {
      return
    }
    guard (stored.audience + [member]).allSatisfy({ membership.lostDevices(of: $0).isEmpty }) else {
      throw StoreError(
        .forbidden, "\(draft.table.name) \(draft.key) was sealed to a device that may have been removed since.",
        hint: "Write a new one.")
    }
  }

  private mutating func grant(_ secret: RowSecret, of draft: RowDraft, to reader: MemberID, _ key: MemberKey) throws {
    guard let grant = Seals.grantKey(draft.table, draft.key, to: reader) else {
      throw StoreError(.invalid, "\(draft.table.name) \(draft.key) cannot be granted to \(reader).")
    }
    if try transaction.context.table(Tables.grants.name)?.row(grant, in: transaction.db) != nil { return }
    guard let box = key.sealGrant(secret, using: &transaction.state.random) else {
      throw StoreError(.invalid, "The key of member \(reader) is not one that can be sealed to.")
    }
    grants.append(RowChange.grant(grant, box))
  }

  private func content(
    _ value: Value, _ column: ColumnDeclaration, _ draft: RowDraft, _ secret: RowSecret?
  ) throws -> [UInt8] {
    guard column.protection == .sealed else { return CellContent.clear(value).bytes }
    guard let secret, index <= Int(UInt16.max) else {
      throw StoreError(.tooLarge, "The draft has more cells than one change may hold.")
    }
    let seal = SealContext(
      workspace: transaction.context.workspace, table: draft.table.name, key: draft.key.bytes, column: column.name,
      device: transaction.context.author.device.id, time: time, index: UInt16(index))
    return secret.seal(value, in: seal, using: &transaction.state.random).bytes
  }
}

extension RowChange {
  /// A row's key, sealed to a reader.
  static func grant(_ key: RowKey, _ box: [UInt8]) -> RowChange {
    let cell = CellChange(column: "box", content: CellContent.clear(.bytes(box)).bytes)
    return RowChange(table: Tables.grants.name, key: key.bytes, cells: [cell])
  }
}
