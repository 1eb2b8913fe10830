import BullpenCore
import Glibc

/// A file of 32 secret bytes that only its owner can read.
public enum KeyFile {
  /// - Throws: `KeyFileError` when the file is missing, readable by others, another's, or not of 32 bytes.
  public static func load(_ path: String) throws -> Bytes32 {
    // O_NOFOLLOW: a link could point at what somebody else controls.
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard file >= 0 else { throw errno == ENOENT ? KeyFileError.missing(path) : KeyFileError.system(path, errno) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw KeyFileError.system(path, errno) }
    guard status.st_uid == geteuid() else { throw KeyFileError.foreign(path) }
    guard status.st_mode & 0o077 == 0 else { throw KeyFileError.exposed(path) }
    var bytes = [UInt8](repeating: 0, count: 33)
    guard read(file, &bytes, bytes.count) == 32, let key = Bytes32(bytes.prefix(32)) else {
      throw KeyFileError.damaged(path)
    }
    return key
  }

  /// Writes a new file with mode 0600, on disk before it returns: it is there whole or not at all, whatever happens
  /// meanwhile. An existing file is never touched.
  public static func create(_ path: String, _ key: Bytes32) throws {
    // A draft that a crash left behind is nobody's key.
    let draft = path + ".new"
    unlink(draft)
    let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw KeyFileError.system(path, errno) }
    defer {
      close(file)
      unlink(draft)
    }
    guard write(file, key.bytes, 32) == 32, fsync(file) == 0 else { throw KeyFileError.system(path, errno) }
    // A link, unlike a rename, refuses to take another file's place.
    guard link(draft, path) == 0 else { throw KeyFileError.system(path, errno) }
    let folder = open(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }
}

public enum KeyFileError: Error, Hashable, Sendable, CustomStringConvertible {
  case missing(String)
  /// Group or others may read it.
  case exposed(String)
  /// It belongs to another user.
  case foreign(String)
  case damaged(String)
  case system(String, Int32)

  public var description: String {
    switch self {
    case .missing(let path): "There is no key file at \(path)."
    case .exposed(let path): "Others can read the key file \(path). Run: chmod 600 '\(path)'"
    case .foreign(let path): "The key file \(path) belongs to another user."
    case .damaged(let path): "The key file \(path) is damaged: it must hold 32 bytes."
    case .system(let path, let code): "The key file \(path) cannot be used: \(String(cString: strerror(code)))."
    }
  }
}
