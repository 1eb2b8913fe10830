import BullpenCore
import BullpenCrypto
import Foundation

/// How far this device has told that it wrote: one small record in a file beside the database.
///
///     "bphead 1" 8 ‖ incarnation 16 ‖ lasting 8 ‖ passing 8 ‖ the first 8 bytes of the others' BLAKE2b-256
///
/// A database whose WAL was lost, cut short or broken, or in whose place an older copy was put, opens well and is behind.
/// Writing on there would sign numbers a second time. So `Store.open` begins a new incarnation where the database is
/// behind its mark.
///
/// It is not waited for: a power cut may leave an older mark, which claims less than the database holds and does no harm.
final class HeadMark: Sendable {
  struct Reading: Hashable, Sendable {
    var incarnation: Incarnation
    var lasting: UInt64 = 0
    var passing: UInt64 = 0

    fileprivate var bytes: [UInt8] {
      let told = HeadMark.magic + incarnation.bytes + lasting.bigEndianBytes + passing.bigEndianBytes
      return told + Blake2b.digest(told).bytes.prefix(8)
    }
  }

  private static let magic = Array("bphead 1".utf8)
  private static let count = 48

  static func path(of database: String) -> String { database + ".heads" }

  private let descriptor: Int32
  private let reading: Locked<Reading>

  /// Nil in memory, and where no file can be made: then the mark is missing, as it is for a database of long ago.
  init?(_ location: StoreLocation, _ reading: Reading) {
    guard case .file(let database) = location else { return nil }
    descriptor = open(Self.path(of: database), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return nil }
    self.reading = Locked(reading)
    write(reading)
  }

  deinit { close(descriptor) }

  /// Own changes are on disk, and are about to be told.
  func note(_ heads: [LogHead]) {
    let now = reading.withValue { reading in
      for head in heads where head.log.incarnation == reading.incarnation {
        switch head.log.kind {
        case .lasting: reading.lasting = max(reading.lasting, head.head.sequence)
        case .passing: reading.passing = max(reading.passing, head.head.sequence)
        }
      }
      return reading
    }
    write(now)
  }

  /// What this device writes from now on is another history.
  func begin(_ incarnation: Incarnation) {
    write(
      reading.withValue { reading in
        reading = Reading(incarnation: incarnation)
        return reading
      })
  }

  private func write(_ reading: Reading) {
    let bytes = reading.bytes
    _ = pwrite(descriptor, bytes, bytes.count, 0)
  }

  /// Nil where there is none that can be believed.
  static func read(_ database: String) -> Reading? {
    let descriptor = open(path(of: database), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: count)
    guard pread(descriptor, &bytes, count, 0) == count, let incarnation = Incarnation(bytes: bytes[8..<24]),
      let lasting = UInt64(bigEndianBytes: bytes[24..<32]), let passing = UInt64(bigEndianBytes: bytes[32..<40])
    else { return nil }
    let reading = Reading(incarnation: incarnation, lasting: lasting, passing: passing)
    return reading.bytes == bytes ? reading : nil
  }
}

extension HeadMark.Reading {
  /// Whether what is here holds less than was told.
  ///
  /// - Parameters:
  ///   - last: the incarnation that goes on here.
  ///   - head: how much there is of the one that was told.
  func isAhead(of last: Incarnation?, _ head: (LogKind) throws -> UInt64) rethrows -> Bool {
    let (own, passed) = (try head(.lasting), try head(.passing))
    if own < lasting || passed < passing { return true }
    // Of an older copy that was put back for the second time: it never heard of what was begun after the first.
    return last != incarnation && own == 0 && passed == 0
  }
}
