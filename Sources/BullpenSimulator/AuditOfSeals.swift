import BullpenCore
import Foundation

// What is for few is legible to nobody else: not in a log, not in a file, and not where rows open.
extension Simulation {
  /// What is sealed must not be legible in anybody's log or file, wherever it may have come to stand.
  func plainTexts(in disk: any Disk, of node: SimulatedNode) -> [String] {
    guard let heads = try? disk.heads() else { return [] }
    var found: Set<String> = []
    let secrets = Set(ledger.sent.flatMap { [$0.title, $0.body].compactMap(\.self) })
    _ = Holding.read(disk, heads, wall: wall) { segments in
      for row in segments.flatMap(\.changes).flatMap(\.change.rows) {
        for cell in row.cells {
          guard let content = CellContent(bytes: cell.content), case .clear(let value) = content else { continue }
          if Self.sealed[row.table]?.contains(cell.column) == true {
            found.insert("\(node.name) holds \(cell.column) of \(row.table) in the clear")
          } else if case .text(let text) = value, secrets.contains(text) {
            found.insert("\(node.name) holds the words of a notification in another cell")
          }
        }
      }
    }
    if case .file(let path) = node.location {
      let files = ["", "-wal"].compactMap { FileManager.default.contents(atPath: path + $0) }
      // A few letters are in any file.
      for sent in ledger.sent
      where sent.title.utf8.count >= 8 && files.contains(where: { $0.range(of: Data(sent.title.utf8)) != nil }) {
        found.insert("\(node.name)'s files show the words of a notification")
      }
    }
    return found.sorted()
  }

  /// The columns that are sealed, by table.
  private static let sealed = Dictionary(
    uniqueKeysWithValues: Tables.all.map { table in
      (table.name, Set(table.columns.filter { $0.protection == .sealed }.map(\.name)))
    })

  /// Rows that tell of a person and open for somebody whom they do not name, or do not for somebody whom they do.
  func peeks(of disk: any Disk, at node: SimulatedNode, _ own: MemberID) -> [String] {
    let opened = Set((try? disk.confidences(wall: wall)) ?? [])
    let named = ledger.confided.filter { $0.confidence.writer == own || $0.audience.contains(own) }
    var found: [String] = []
    for confidence in opened.subtracting(named.map(\.confidence)).sorted(by: { $0.written < $1.written }) {
      found.append("a row of \(confidence.table) opens at \(node.name), whom it does not name")
    }
    let staying = Set(staying.map(\.name))
    for confided in named where !opened.contains(confided.confidence) {
      guard confided.expiry > wall + Limits.clockBound, staying.isSuperset(of: [node.name, confided.node]),
        confided.confidence.written <= wall + Limits.clockBound / 2, isKept(confided.row, by: staying)
      else { continue }
      found.append("a row of \(confided.row.table) does not open at \(node.name), whom it names")
    }
    return found
  }
}
