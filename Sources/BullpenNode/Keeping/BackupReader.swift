import BullpenCore
import BullpenCrypto
import Glibc

/// Reads a backup entry by entry, and believes nothing: every length is checked before room is made for it, and every
/// name is one that a home has.
///
/// What is read of a plain backup counts only once `next` has returned nil: the digest comes last.
package final class BackupReader {
  private enum Protection {
    case plain(Blake2b)
    case sealed(SealedStream.Opener)
  }

  let path: String
  let size: Int64
  private let descriptor: Int32
  private var protection = Protection.plain(Blake2b())
  /// Bytes of the file that are to come.
  private var left: Int64
  private var waiting: ArraySlice<UInt8> = []
  private var isAtEnd = false
  /// Bytes of the entry that were not read.
  private var entryLeft: UInt64 = 0
  private var seen: Set<BackupPart> = []

  var isSealed: Bool { if case .sealed = protection { true } else { false } }

  /// - Parameter passphrase: asked for when the backup is sealed.
  /// - Throws: `NodeError` with `notFound`, `invalid`, or `forbidden` for a wrong passphrase.
  package init(_ path: String, passphrase: () throws -> String) throws {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
      let code = errno
      if descriptor >= 0 { close(descriptor) }
      throw code == ENOENT ? NodeError(.notFound, "There is no file \(path).") : Disk.failure(path, code)
    }
    (size, left) = (Int64(status.st_size), Int64(status.st_size))
    guard status.st_mode & S_IFMT == S_IFREG else { throw Self.foreign(path) }
    let opening = try raw(BackupFormat.magic.count + 2, orElse: Self.foreign(path))
    guard opening.starts(with: BackupFormat.magic) else { throw Self.foreign(path) }
    guard opening[BackupFormat.magic.count] == BackupFormat.version else {
      throw NodeError(
        .invalid, "The backup \(path) was made by another version of Bullpen.", hint: "Install a newer one.")
    }
    switch opening.last.flatMap(BackupFormat.Protection.init) {
    case nil: throw damaged
    case .plain:
      left -= Int64(BackupFormat.digestBytes)
      guard left >= 0 else { throw damaged }
      let hash = Blake2b()
      hash.update(opening)
      protection = .plain(hash)
    case .sealed: protection = .sealed(try opener(opening, passphrase))
    }
  }

  deinit { close(descriptor) }

  private func opener(_ opening: [UInt8], _ passphrase: () throws -> String) throws -> SealedStream.Opener {
    let terms = try raw(4 + 4 + PassphraseKey.saltBytes + SealedStream.headerBytes)
    guard
      let cost = PassphraseCost(
        memory: UInt32(BackupFormat.number(terms[..<4])), passes: UInt32(BackupFormat.number(terms[4..<8])))
    else { throw damaged }
    let proof = try raw(SealedStream.overhead)
    let key = try PassphraseKey(
      try passphrase(), salt: Array(terms[8..<(8 + PassphraseKey.saltBytes)]), cost: cost)
    guard var opener = SealedStream.Opener(key, header: Array(terms.suffix(SealedStream.headerBytes))),
      let (empty, isLast) = opener.open(proof, bound: opening + terms), empty.isEmpty, !isLast
    else {
      throw NodeError(
        .forbidden, "The passphrase is not the one that \(path) was sealed with, or its beginning is damaged.",
        hint: "Try again; nothing was restored.")
    }
    return opener
  }

  // MARK: - Entries

  /// The next entry and its length; nil at the end, when every byte has proved true.
  package func next() throws -> (part: BackupPart, length: UInt64)? {
    guard entryLeft == 0 else { throw damaged }
    let length = Int(BackupFormat.number(try take(2)))
    guard length > 0 else {
      try prove()
      return nil
    }
    guard length <= Limits.backupName else { throw damaged }
    let name = try take(length)
    let text = String(decoding: name, as: UTF8.self)
    guard let part = BackupPart(name: text), Array(text.utf8) == name else {
      let shown = String(text.unicodeScalars.prefix(80).map { (32...126).contains($0.value) ? Character($0) : "?" })
      throw NodeError(
        .invalid, "The backup \(path) holds “\(shown)”, which is no file of a home, so nothing was restored.",
        hint: "Do not use it, unless you know who made it.")
    }
    entryLeft = BackupFormat.number(try take(8))
    let isFirst = seen.isEmpty
    guard part.lengths.contains(entryLeft), seen.insert(part).inserted, isFirst == (part == .about),
      seen.count <= Limits.backupEntries
    else { throw damaged }
    return (part, entryLeft)
  }

  /// Some of the entry's bytes; none when it is read.
  package func read() throws -> [UInt8] {
    guard entryLeft > 0 else { return [] }
    if waiting.isEmpty { try refill() }
    let bytes = waiting.prefix(Int(clamping: entryLeft))
    waiting = waiting.dropFirst(bytes.count)
    entryLeft -= UInt64(bytes.count)
    return Array(bytes)
  }

  // MARK: - Bytes

  private func take(_ count: Int) throws -> [UInt8] {
    while waiting.count < count { try refill() }
    defer { waiting = waiting.dropFirst(count) }
    return Array(waiting.prefix(count))
  }

  private func refill() throws {
    guard !isAtEnd, left > 0 else { throw damaged }
    switch protection {
    case .plain(let hash):
      let bytes = try raw(Int(min(left, Int64(BackupFormat.message))))
      hash.update(bytes)
      waiting += bytes
    case .sealed(var opener):
      let sealed = try raw(Int(min(left, Int64(BackupFormat.message + SealedStream.overhead))))
      guard let (message, isLast) = opener.open(sealed) else { throw damaged }
      protection = .sealed(opener)
      isAtEnd = isLast
      waiting += message
    }
  }

  /// Nothing comes after the end, and it is the end that the writer wrote.
  private func prove() throws {
    guard waiting.isEmpty, left == 0 else { throw damaged }
    switch protection {
    case .sealed: guard isAtEnd else { throw damaged }
    case .plain(let hash):
      left = Int64(BackupFormat.digestBytes)
      guard try raw(BackupFormat.digestBytes) == hash.finish().bytes else { throw damaged }
    }
  }

  private func raw(_ count: Int, orElse failure: NodeError? = nil) throws -> [UInt8] {
    let bytes = try Disk.read(count, from: descriptor, path)
    guard bytes.count == count, left >= count else { throw failure ?? damaged }
    left -= Int64(count)
    return bytes
  }

  private var damaged: NodeError {
    NodeError(
      .invalid, "The backup \(path) is damaged or was cut short, so nothing was restored.",
      hint: "Copy it again from where it was made, or take an earlier one.")
  }

  private static func foreign(_ path: String) -> NodeError { NodeError(.invalid, "\(path) is no backup of Bullpen.") }
}
