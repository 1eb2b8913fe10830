import BullpenCore
import BullpenCrypto

/// What happened in a run, as one hash: two runs with the same trace were the same run.
final class Trace {
  private let hash = Blake2b()
  private var finished: Digest?
  private(set) var count = 0
  /// Hears every event in words; nil where nobody listens.
  var listener: ((String) -> Void)?

  func note(_ moment: Int64, _ node: String, _ what: String, _ bytes: [UInt8] = []) {
    guard finished == nil else { return }
    count += 1
    hash.update(UInt64(bitPattern: moment).bigEndianBytes)
    hash.update(Array("\(node) \(what)\n".utf8))
    if !bytes.isEmpty { hash.update(bytes) }
    listener?("\(moment) ms  \(node)  \(what)\(bytes.isEmpty ? "" : "  \(bytes.count) bytes")")
  }

  /// The hash of everything so far; nothing is noted after it.
  var digest: Digest {
    let digest = finished ?? hash.finish()
    finished = digest
    return digest
  }
}
