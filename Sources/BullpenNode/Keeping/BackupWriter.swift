import BullpenCrypto
import Foundation
import Glibc

/// Writes the bytes of a backup, entry by entry.
struct BackupWriter {
  private enum Protection {
    case plain(Blake2b)
    case sealed(SealedStream.Sealer)
  }

  private let file: NewFile
  private var protection: Protection
  private var waiting: [UInt8] = []

  /// - Parameter passphrase: nil for a plain backup.
  init(_ file: NewFile, passphrase: String?, cost: PassphraseCost) throws {
    self.file = file
    guard let passphrase else {
      protection = .plain(Blake2b())
      try emit(BackupFormat.opening(.plain))
      return
    }
    let salt = SystemRandomness().bytes(PassphraseKey.saltBytes)
    var sealer = SealedStream.Sealer(try PassphraseKey(passphrase, salt: salt, cost: cost))
    let opening =
      BackupFormat.opening(.sealed) + BackupFormat.bigEndian(UInt64(cost.memory), 4)
      + BackupFormat.bigEndian(UInt64(cost.passes), 4) + salt + sealer.header
    try file.write(opening + sealer.seal([], bound: opening))
    protection = .sealed(sealer)
  }

  mutating func add(_ part: BackupPart, _ bytes: [UInt8]) throws {
    guard part.lengths.contains(UInt64(bytes.count)) else { throw Self.tooLarge(part) }
    try put(BackupFormat.entry(part, length: UInt64(bytes.count)) + bytes)
  }

  /// Adds a file that nobody writes meanwhile.
  mutating func add(_ part: BackupPart, fileAt path: String) throws {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw Disk.failure(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Disk.failure(path) }
    var left = UInt64(clamping: status.st_size)
    guard part.lengths.contains(left) else { throw Self.tooLarge(part) }
    try put(BackupFormat.entry(part, length: left))
    while left > 0 {
      let bytes = try Disk.read(Int(min(left, UInt64(BackupFormat.message))), from: descriptor, path)
      guard !bytes.isEmpty else {
        throw NodeError(.storage, "\(path) changed while it was copied.", hint: "Try again.")
      }
      try put(bytes)
      left -= UInt64(bytes.count)
    }
  }

  /// Ends the backup. The file is in its place when this returns.
  mutating func finish() throws {
    try put(BackupFormat.end)
    switch protection {
    case .sealed(var sealer): try file.write(sealer.seal(waiting, isLast: true))
    case .plain(let hash):
      try emit(waiting)
      try file.write(hash.finish().bytes)
    }
    try file.keep()
  }

  private mutating func put(_ bytes: [UInt8]) throws {
    waiting += bytes
    while waiting.count > BackupFormat.message {
      try emit(Array(waiting.prefix(BackupFormat.message)))
      waiting.removeFirst(BackupFormat.message)
    }
  }

  private mutating func emit(_ bytes: [UInt8]) throws {
    switch protection {
    case .plain(let hash):
      hash.update(bytes)
      try file.write(bytes)
    case .sealed(var sealer):
      try file.write(sealer.seal(bytes))
      protection = .sealed(sealer)
    }
  }

  private static func tooLarge(_ part: BackupPart) -> NodeError {
    NodeError(.tooLarge, "The file \(part.name) of this home has not the size that it should have.")
  }
}

extension PassphraseKey {
  /// - Throws: `unavailable` where there is not enough memory.
  init(_ passphrase: String, salt: [UInt8], cost: PassphraseCost) throws {
    // Keyboards compose letters differently.
    let text = Array(passphrase.precomposedStringWithCanonicalMapping.utf8)
    guard let key = PassphraseKey(text, salt: salt, cost: cost) else {
      throw NodeError(
        .unavailable, "There is not enough memory for the passphrase: \(cost.memory / 1_024) MiB are needed.",
        hint: "Close some programs, then try again.")
    }
    self = key
  }
}
