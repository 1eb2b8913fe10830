import Foundation

/// Small files that only their owner can read.
enum PrivateFile {
  /// Writes beside the file, then in its place: a crash leaves the old one or the new one.
  static func replace(_ path: String, _ contents: Data) throws {
    let beside = path + ".new"
    try? FileManager.default.removeItem(atPath: beside)
    guard
      FileManager.default.createFile(
        atPath: beside, contents: contents, attributes: [.posixPermissions: 0o600]),
      rename(beside, path) == 0
    else { throw CocoaError(.fileWriteUnknown) }
  }
}
