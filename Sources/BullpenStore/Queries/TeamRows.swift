import BullpenCore
import Foundation
import GRDB

extension Store {
  /// The workspace's teams, by name. Who left the workspace is not in them.
  public func teams() throws -> [Team] {
    guard let table = context.table(Tables.teams.name) else { return [] }
    let devices = numberedDevices
    let members = membership().members
    return try read { db in
      var newest: [Data: (stamp: Stamp, value: Value)] = [:]
      let sql = "SELECT \(table.columnList) FROM \"\(table.declaration.name)\" WHERE _deleted = 0"
      for row in try Row.fetchAll(db, sql: sql) {
        let name = Data(try table.key(row).bytes.dropFirst(16))
        let stored = try table.decode(row)
        // A team's own row has a name, one of a member says whether it belongs.
        let place = name.count == Self.teamDigits ? 0 : 1
        guard let clock = stored.clocks.columns[place], let device = devices[clock.device],
          case .clear(let value)? = stored.cells[place].flatMap({ CellContent(bytes: $0) })
        else { continue }
        let stamp = Stamp(time: clock.time, device: device, index: clock.index)
        if newest[name].map({ $0.stamp < stamp }) ?? true { newest[name] = (stamp, value) }
      }
      var teams: [TeamID: Team] = [:]
      for (name, cell) in newest where name.count == Self.teamDigits {
        guard let id = TeamID(String(decoding: name, as: UTF8.self)), case .text(let text) = cell.value, !text.isEmpty
        else { continue }
        teams[id] = Team(id: id, name: text, members: [])
      }
      for (name, cell) in newest where name.count == 2 * Self.teamDigits && cell.value == .integer(1) {
        guard let id = TeamID(String(decoding: name.prefix(Self.teamDigits), as: UTF8.self)),
          let member = MemberID(String(decoding: name.suffix(Self.teamDigits), as: UTF8.self)),
          members[member]?.devices.isEmpty == false
        else { continue }
        teams[id]?.members.append(member)
      }
      return teams.values.map { Team(id: $0.id, name: $0.name, members: $0.members.sorted()) }
        .sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }
  }

  /// Hexadecimal digits of a team's id, and of a member's.
  private static let teamDigits = 32
}

extension Team {
  /// The row in which an admin gives the team a name; null ends it.
  public func named(by admin: MemberID, _ name: String?) -> RowDraft? {
    RowKey.named(admin, id.description).map {
      RowDraft(Tables.teams, $0, cells: ["name": name.map(Value.text) ?? .null])
    }
  }

  /// The row in which an admin says whether a member belongs to the team.
  public func member(_ member: MemberID, belongs: Bool, by admin: MemberID) -> RowDraft? {
    RowKey.named(admin, id.description + member.description).map {
      RowDraft(Tables.teams, $0, cells: ["belongs": .integer(belongs ? 1 : 0)])
    }
  }
}
