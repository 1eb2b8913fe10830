import BullpenCore
import BullpenCrypto
import BullpenStore
import Foundation
import Glibc

/// The folder of one device. One process at a time has it.
///
///     device.key              the device's seed, 0600
///     lock                    held while a node runs; holds its process id
///     token                   the command's bearer token, 0600
///     node.json               where the running node is
///     backing-up/             copies of databases, while a backup is made of them
///     workspaces/ID/          one workspace: bullpen.sqlite, member.key; name, for when the database cannot say it
public final class Home: Sendable {
  public let path: String
  public let device: DeviceKey
  private let lock: Int32

  /// Takes the home for this process; makes it on the first run.
  ///
  /// - Throws: `NodeError` with `homeInUse` or `homeUnsafe`.
  public init(_ path: String) throws {
    self.path = path
    try Self.makeFolder(path + "/workspaces", of: path)
    chmod(path, 0o700)
    lock = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0 else {
      throw Self.unusable(path, "cannot be written", errno)
    }
    while flock(lock, LOCK_EX | LOCK_NB) != 0 {
      // Whoever only looks whether it is taken shares it for a moment.
      guard Self.isTaken(path) else { continue }
      close(lock)
      throw NodeError(
        .homeInUse, "Bullpen is already running with the home \(path).",
        hint: "`bullpen open` shows it, `bullpen down` ends it.")
    }
    ftruncate(lock, 0)
    let pid = Array("\(getpid())\n".utf8)
    _ = Glibc.write(lock, pid, pid.count)
    do {
      device = try Self.key(of: path)
    } catch {
      close(lock)
      throw error
    }
  }

  private static func makeFolder(_ folder: String, of home: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: NSNumber(value: 0o700)])
    } catch {
      let code = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
      throw unusable(home, "cannot be made", Int32(code?.code ?? Int(EACCES)))
    }
  }

  static func unusable(_ path: String, _ what: String, _ code: Int32) -> NodeError {
    switch code {
    case ENOSPC, EDQUOT:
      NodeError(
        .diskFull, "\(path) \(what): the disk is full.",
        hint: "Free some space and start again; nothing that is there is lost.")
    case EROFS:
      NodeError(
        .diskReadOnly, "\(path) \(what): its disk is mounted to be read only.",
        hint: "Mount it to be written, or choose another home with --home. The system does this to a disk that fails: "
          + "look into its log (`journalctl -k`).")
    default:
      NodeError(
        .homeUnsafe, "\(path) \(what): \(String(cString: strerror(code))).",
        hint: "Check its owner and permissions, or choose another with --home.")
    }
  }

  /// Lets the next process have it, whoever still holds this object.
  func release() {
    // A process that is being started has a copy of the descriptor for a moment, which would keep the lock.
    flock(lock, LOCK_UN)
  }

  deinit {
    release()
    close(lock)
  }

  /// Whether a running node has the home. A process id says little: another program may have it by now.
  public static func isTaken(_ path: String) -> Bool {
    // To look is no writing: the disk may have become one that can only be read. Others may look at the same moment.
    let lock = open(path + "/lock", O_RDONLY | O_CLOEXEC)
    guard lock >= 0 else { return false }
    defer { close(lock) }
    return flock(lock, LOCK_SH | LOCK_NB) != 0
  }

  /// The process that has a home, as the system's list of locks tells it; nil where it does not.
  public static func holder(of path: String) -> Int32? {
    var status = stat()
    guard stat(path + "/lock", &status) == 0,
      let list = FileManager.default.contents(atPath: "/proc/locks")
    else { return nil }
    for line in String(decoding: list, as: UTF8.self).split(separator: "\n") {
      // "3: FLOCK  ADVISORY  WRITE 4711 fe:00:262172 0 EOF", and with an arrow whoever waits.
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      guard words.count > 5, words[1] == "FLOCK", words[3] == "WRITE",
        words[5].split(separator: ":").last.flatMap({ UInt64($0) }) == UInt64(status.st_ino)
      else { continue }
      return Int32(words[4]).flatMap { $0 > 0 ? $0 : nil }
    }
    return nil
  }

  /// Where there is something that depends on the key, another does not take its place.
  private static func key(of home: String) throws -> DeviceKey {
    let path = "\(home)/\(BackupPart.deviceKey.name)"
    do {
      return DeviceKey(seed: try KeyFile.load(path))
    } catch KeyFileError.missing where known(in: home).isEmpty {
      var random = SystemRandomness()
      let key = DeviceKey(using: &random)
      do { try KeyFile.create(path, key.seed) } catch let error as KeyFileError { throw NodeError(error, of: .device) }
      return key
    } catch let error as KeyFileError {
      throw NodeError(error, of: .device)
    }
  }

  /// Whether there is a home, be it one that has lost its key.
  public static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(path)/\(BackupPart.deviceKey.name)") || !known(in: path).isEmpty
  }

  /// The workspaces that have a folder here, in ascending order; those too whose database is gone.
  var workspaces: [WorkspaceID] { Self.known(in: path) }

  /// A joining that was broken off has a key and no more; beside a database there are the files that lock it and say how
  /// far it was written, and the name that it had when it was open.
  static func known(in home: String) -> [WorkspaceID] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: home + "/workspaces")) ?? []
    return names.compactMap { WorkspaceID($0) }.sorted().filter { id in
      let database = BackupPart.database(id).name
      return (["", "-wal", ".lock", ".heads"].map { database + $0 } + [nameFile(id)])
        .contains { FileManager.default.fileExists(atPath: "\(home)/\($0)") }
    }
  }

  static func workspaces(in home: String) -> [WorkspaceID] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: home + "/workspaces")) ?? []
    return names.compactMap { WorkspaceID($0) }.sorted()
      .filter { FileManager.default.fileExists(atPath: "\(home)/\(BackupPart.database($0).name)") }
  }

  func folder(of workspace: WorkspaceID) -> String { "\(path)/workspaces/\(workspace)" }
  func database(of workspace: WorkspaceID) -> String { folder(of: workspace) + "/bullpen.sqlite" }
  private func memberKey(of workspace: WorkspaceID) -> String { folder(of: workspace) + "/member.key" }

  // MARK: - Names

  private static func nameFile(_ workspace: WorkspaceID) -> String { "workspaces/\(workspace)/name" }

  /// What a workspace is called: as its database says or, where that cannot be read, as it was called when it was open
  /// last. Nil where neither is known.
  static func name(of workspace: WorkspaceID, in home: String, prover: any Prover) -> String? {
    if let name = Store.name(of: "\(home)/\(BackupPart.database(workspace).name)", prover: prover) { return name }
    let kept = try? String(contentsOfFile: "\(home)/\(nameFile(workspace))", encoding: .utf8)
    return kept.flatMap { try? Text.name($0) }
  }

  /// Keeps what a workspace is called beside its database. It is no more than a convenience, and its failure no trouble.
  func keepName(_ name: String, of workspace: WorkspaceID) {
    guard (try? String(contentsOfFile: "\(path)/\(Self.nameFile(workspace))", encoding: .utf8)) != name else { return }
    try? write(name, to: Self.nameFile(workspace))
  }

  /// The member's secret in a workspace.
  func secret(of workspace: WorkspaceID) throws -> MemberSecret {
    do {
      return MemberSecret(secret: try KeyFile.load(memberKey(of: workspace)))
    } catch let error as KeyFileError {
      throw NodeError(error, of: .member)
    }
  }

  /// The secret of the member that this device is to become in a workspace, kept from the first attempt to join.
  ///
  /// Whoever answered an attempt that failed has this device's word on the key, and could let it in later on. So there
  /// is one key for all attempts, though the node restarts between them.
  func joiningSecret(for workspace: WorkspaceID) throws -> MemberSecret {
    do {
      if hasJoiningSecret(for: workspace) { return try secret(of: workspace) }
      var random = SystemRandomness()
      let secret = MemberSecret(using: &random)
      try keep(secret, for: workspace)
      return secret
    } catch let error as KeyFileError {
      throw NodeError(error, of: .member)
    }
  }

  /// Whether an earlier attempt to join has left its key.
  func hasJoiningSecret(for workspace: WorkspaceID) -> Bool {
    FileManager.default.fileExists(atPath: memberKey(of: workspace))
  }

  /// Removes the key of a joining that came to nothing.
  func forgetJoining(_ workspace: WorkspaceID) {
    guard !workspaces.contains(workspace) else { return }
    try? FileManager.default.removeItem(atPath: folder(of: workspace))
  }

  /// Keeps the member's secret before anything is sealed to it.
  func keep(_ secret: MemberSecret, for workspace: WorkspaceID) throws {
    try Self.makeFolder(folder(of: workspace), of: folder(of: workspace))
    let file = memberKey(of: workspace)
    // What an interrupted first attempt left behind protects nothing yet.
    if !FileManager.default.fileExists(atPath: database(of: workspace)) { unlink(file) }
    try KeyFile.create(file, secret.secret)
  }

  /// What this machine is: a copied home notices that it lives elsewhere.
  static var machine: String {
    let id = try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8)
    return id?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"
  }
}

extension Home {
  /// The secret from which logins of the view are checked; kept in `web.key`, so that they outlive a restart.
  public func webSecret() throws -> Bytes32 {
    let file = path + "/web.key"
    do {
      return try KeyFile.load(file)
    } catch KeyFileError.missing {
      var random = SystemRandomness()
      let secret = Bytes32(using: &random)
      try KeyFile.create(file, secret)
      return secret
    } catch let error as KeyFileError {
      throw NodeError(error, of: .view)
    }
  }

  /// Bytes from the kernel that nobody can guess, for whoever may not see libsodium.
  public static func randomBytes(_ count: Int) -> [UInt8] { SystemRandomness().bytes(count) }

  /// BLAKE2b-256 under a key, for whoever may not see libsodium.
  public static func keyedDigest(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    Blake2b.keyed(key, message).bytes
  }

  /// Writes a small file that only the owner can read, whole or not at all. What it holds already needs no room.
  public func write(_ text: String, to name: String) throws {
    let file = path + "/" + name
    let draft = file + ".new"
    unlink(draft)
    var status = stat()
    let isOwn = lstat(file, &status) == 0 && status.st_mode & (S_IFMT | 0o777) == S_IFREG | 0o600
    if isOwn, FileManager.default.contents(atPath: file) == Data(text.utf8) { return }
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    let bytes = Array(text.utf8)
    guard descriptor >= 0 else { throw Self.unusable(path, "cannot be written", errno) }
    defer { close(descriptor) }
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
      rename(draft, file) == 0
    else {
      let code = errno
      unlink(draft)
      throw Self.unusable(file, "cannot be written", code)
    }
  }

  public func remove(_ name: String) { unlink(path + "/" + name) }
}
