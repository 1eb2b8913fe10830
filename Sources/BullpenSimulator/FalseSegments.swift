import BullpenCore
import BullpenCrypto

// What a changed program sends in place of what it holds.
extension Segment {
  /// The chain and the signature hold, and nothing of what it says is left.
  var hollow: Segment {
    Segment(
      log: log, first: first, previous: previous,
      entries: entries.map { Entry(time: $0.time, expiry: $0.expiry, payload: .absent(Chain.payloadDigest(of: $0))) },
      signature: signature)
  }

  /// As somebody would send it who has not the author's key: with another signature, another past, another last entry or
  /// without its end, as its number has it.
  var unproved: Segment {
    var (previous, entries, signature) = (previous, entries, signature)
    switch first % 4 {
    case 0: signature = Signature(bytes: signature.bytes.map { ~$0 }) ?? signature
    case 1 where entries.count > 1: entries.removeLast()
    case 2 where first > 1: previous = Digest(bytes: previous.bytes.map { ~$0 }) ?? previous
    default:
      guard let last = entries.popLast() else { break }
      entries.append(Entry(time: last.time, expiry: last.expiry, payload: .present(Array("I never said that".utf8))))
    }
    return Segment(log: log, first: first, previous: previous, entries: entries, signature: signature)
  }
}
