import Glibc

/// A file that appears under its name whole and on disk, or not at all; for its owner's eyes only.
final class NewFile {
  let path: String
  private(set) var size: Int64 = 0
  /// The file system keeps no permissions, as that of a USB stick may not.
  let isExposed: Bool
  private let draft: String
  private let replaces: Bool
  private let descriptor: Int32

  /// - Parameter replaces: whether a file of that name gives way.
  /// - Throws: `NodeError` with `conflict` for one that may not, `notFound` for a missing folder, `storage`.
  init(_ path: String, replaces: Bool) throws {
    (self.path, self.replaces, draft) = (path, replaces, path + ".new")
    var status = stat()
    if lstat(path, &status) == 0 {
      guard status.st_mode & S_IFMT != S_IFDIR else {
        throw NodeError(.conflict, "\(path) is a folder.", hint: "Name a file in it, such as \(path)/bullpen.backup.")
      }
      guard replaces else { throw Self.exists(path) }
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw NodeError(
          .conflict, "\(path) is no plain file, so it is not replaced.", hint: "Choose another name.")
      }
    }
    // A draft that a crash left behind is written anew; the lock shows that nobody is at it.
    // One that is a second name of a whole file must not be touched: only the name goes.
    if lstat(draft, &status) == 0, status.st_nlink > 1 { unlink(draft) }
    descriptor = open(draft, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      let code = errno
      throw code == ENOENT
        ? NodeError(.notFound, "There is no folder for \(path).", hint: "Make it first, or choose another.")
        : Disk.failure(path, code)
    }
    let isOurs =
      flock(descriptor, LOCK_EX | LOCK_NB) == 0 && fstat(descriptor, &status) == 0
      && status.st_mode & S_IFMT == S_IFREG && status.st_nlink == 1 && status.st_uid == geteuid()
    guard isOurs, ftruncate(descriptor, 0) == 0 else {
      close(descriptor)
      throw NodeError(
        .conflict, "\(draft) is in another program's or person's hands.", hint: "Wait for it, or choose another name.")
    }
    fchmod(descriptor, 0o600)
    isExposed = fstat(descriptor, &status) != 0 || status.st_mode & 0o077 != 0
  }

  deinit { close(descriptor) }

  func write(_ bytes: [UInt8]) throws {
    try Disk.write(bytes, to: descriptor, path)
    size += Int64(bytes.count)
  }

  /// Puts the file in its place.
  func keep() throws {
    guard fsync(descriptor) == 0 else { throw Disk.failure(path) }
    if replaces {
      guard rename(draft, path) == 0 else { throw Disk.failure(path) }
    } else if link(draft, path) == 0 {
      // A link, unlike a rename, refuses to take another file's place.
      unlink(draft)
    } else {
      let code = errno
      guard code != EEXIST else { throw Self.exists(path) }
      // The file systems of USB sticks know no links: there a file that came this moment would give way.
      guard [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(code) else { throw Disk.failure(path, code) }
      guard access(path, F_OK) != 0 else { throw Self.exists(path) }
      guard rename(draft, path) == 0 else { throw Disk.failure(path) }
    }
    Disk.settle(Disk.folder(of: path))
  }

  /// Takes the draft away.
  func discard() { unlink(draft) }

  private static func exists(_ path: String) -> NodeError {
    NodeError(
      .conflict, "There is a file \(path) already.", hint: "Choose another name, or say --force to replace it.")
  }
}

/// Files by their descriptors, with errors in words.
enum Disk {
  /// - Throws: `storage`.
  static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, bytes.count - done) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(path) }
      done += count
    }
  }

  /// Up to `count` bytes; fewer only at the end of the file.
  static func read(_ count: Int, from descriptor: Int32, _ path: String) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + done, count - done) }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw failure(path) }
      if got == 0 { break }
      done += got
    }
    return Array(bytes.prefix(done))
  }

  /// Makes what a folder lists last. A file system that cannot is no reason to fail.
  static func settle(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// In bytes; 0 for what is not there.
  static func size(_ path: String) -> Int64 {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : 0
  }

  /// Bytes that may still be written beside a file; all there are where the system does not say.
  static func room(_ path: String) -> UInt64 {
    var space = statvfs()
    return statvfs(path, &space) == 0 ? UInt64(space.f_bavail) * UInt64(space.f_frsize) : .max
  }

  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  static func failure(_ path: String, _ code: Int32 = errno) -> NodeError {
    switch code {
    case ENOSPC, EDQUOT:
      NodeError(.storage, "The disk that holds \(path) is full.", hint: "Free some space, or choose another disk.")
    case EROFS: Home.unusable(path, "cannot be written", code)
    case EACCES, EPERM:
      NodeError(
        .storage, "\(path) cannot be read or written: \(String(cString: strerror(code))).",
        hint: "Check who owns it and its folder, or choose another.")
    case EBUSY:
      NodeError(
        .storage, "\(path) cannot be replaced: a disk is mounted there.",
        hint: "Choose a folder in it, such as \(path)/bullpen.")
    default:
      NodeError(
        .storage, "\(path) cannot be used: \(String(cString: strerror(code))).",
        hint: "Try again, or choose another place.")
    }
  }
}
