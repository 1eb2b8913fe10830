import Foundation

/// A rebuilt database that takes the place of the damaged one.
///
/// That it does is decided in one step, by a name. What a crash leaves undone then is done by whoever opens the database
/// next: the old file's WAL must go before the new file comes, for SQLite would take it for the new one's, and without it
/// the old file may lack what was acknowledged.
///
///     bullpen.sqlite.repairing                   a draft: nothing yet
///     bullpen.sqlite.repaired-20261123T084558Z   the database, which waits for its place
///     bullpen.sqlite.damaged-20261123T084558Z    what was in that place before; its WAL is beside it
struct Replacement {
  private let path: String
  /// What the names of the new and of the old file end with.
  private let mark: String

  private var waiting: String { "\(path).repaired-\(mark)" }
  private var aside: String { "\(path).damaged-\(mark)" }

  /// Decides that a draft, which is closed and whole, is the database from now on.
  ///
  /// - Parameter wall: Unix milliseconds, which give the old file its name.
  init(of path: String, by draft: String, wall: Int64) throws {
    let moment = Date(timeIntervalSince1970: Double(wall / 1_000)).ISO8601Format().filter { $0 != "-" && $0 != ":" }
    var number = 1
    var mark = moment
    while ["", "-wal"].contains(where: { Self.exists("\(path).damaged-\(mark)\($0)") }) {
      number += 1
      mark = "\(moment)-\(number)"
    }
    (self.path, self.mark) = (path, mark)
    for side in Self.sides { unlink(draft + side) }
    guard rename(draft, waiting) == 0 else { throw failure("nothing was changed") }
  }

  /// One that was decided and not done; nil where there is none.
  init?(waitingFor path: String) {
    let (folder, name) = ((path as NSString).deletingLastPathComponent, (path as NSString).lastPathComponent)
    let prefix = name + ".repaired-"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    guard let found = names.filter({ $0.hasPrefix(prefix) }).max() else { return nil }
    (self.path, mark) = (path, String(found.dropFirst(prefix.count)))
  }

  /// Gives the old file and its WAL their second names, and the new file its place.
  ///
  /// - Returns: the old file's second name; nil where there was no such file.
  func put() throws -> String? {
    for part in ["", "-wal"] where Self.exists(path + part) && !Self.exists(aside + part) {
      // A file system without links, such as a USB stick's, has to do without the old name for a moment.
      guard link(path + part, aside + part) == 0 || rename(path + part, aside + part) == 0 else {
        throw failure("nothing is lost, and the next start puts it there")
      }
    }
    unlink(path + "-wal")
    unlink(path + "-shm")
    guard rename(waiting, path) == 0 else { throw failure("nothing is lost, and the next start puts it there") }
    Soundness.settle((path as NSString).deletingLastPathComponent)
    return ["", "-wal"].map { aside + $0 }.first(where: Self.exists)
  }

  /// Where the new file is made, under the old one's lock.
  static func draft(_ path: String) -> String { path + ".repairing" }

  /// Removes a draft.
  static func sweep(_ draft: String) { for side in [""] + sides { unlink(draft + side) } }

  private static let sides = ["-wal", "-shm", ".lock", ".heads"]

  private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private func failure(_ state: String) -> StoreError {
    StoreError(
      .readOnly, "The new database cannot be put in its place \(path): \(String(cString: strerror(errno))).",
      hint: "Check that its folder may be written; \(state).")
  }
}
