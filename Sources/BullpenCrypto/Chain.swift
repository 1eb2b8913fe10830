@_spi(Proof) import BullpenCore

/// The hash chain of a log.
///
///     digest(n) = BLAKE2b-256("bullpen v1 log" 0 ‖ workspace 32 ‖ log 49 ‖ n 8 ‖ digest(n−1) 32
///                             ‖ time 8 ‖ expiry 8 ‖ BLAKE2b-256(payload) 32)
///
/// A payload may be gone once its expiry has passed; its digest stands in for it and the chain still holds.
public enum Chain {
  public static func digest(
    _ workspace: WorkspaceID, _ log: LogID, _ sequence: UInt64, previous: Digest, _ entry: Entry
  ) -> Digest {
    var links = ChainLinks(workspace, log)
    return links.digest(sequence, previous: previous, entry)
  }

  /// The digests at the entries of a segment, one after another, up to one of them.
  public static func digests(_ segment: Segment, through last: UInt64, in workspace: WorkspaceID) -> [Digest] {
    guard last >= segment.first else { return [] }
    var links = ChainLinks(workspace, segment.log)
    var (digest, digests) = (segment.previous, [Digest]())
    digests.reserveCapacity(segment.entries.count)
    for (offset, entry) in segment.entries.prefix(Int(last - segment.first) + 1).enumerated() {
      digest = links.digest(segment.first + UInt64(offset), previous: digest, entry)
      digests.append(digest)
    }
    return digests
  }

  /// The digest that stands for a payload in the chain.
  public static func payloadDigest(of entry: Entry) -> Digest {
    switch entry.payload {
    case .present(let bytes): Blake2b.digest(bytes)
    case .absent(let digest): digest
    }
  }

  public static func sign(_ head: Digest, by key: DeviceKey) -> Signature { key.sign(head.bytes, .log) }

  /// Checks that the entries chain from `previous` and that the log's device signed the end.
  public static func check(_ segment: Segment, in workspace: WorkspaceID) -> Verified<CheckedSegment>? {
    guard segment.first >= 1, !segment.entries.isEmpty,
      segment.first.addingReportingOverflow(UInt64(segment.entries.count)).overflow == false,
      (segment.first == 1) == (segment.previous == .zero)
    else { return nil }
    let digests = digests(segment, through: segment.last, in: workspace)
    guard let digest = digests.last else { return nil }
    guard segment.log.device.verifies(segment.signature, over: digest.bytes, .log) else { return nil }
    return Verified(CheckedSegment(segment: segment, digests: digests))
  }
}

/// Digests of one log, whose input differs from entry to entry only in its second half: it is laid out once.
private struct ChainLinks {
  private enum Place {
    static let sequence = 96
    static let previous = 104
    static let time = 136
    static let expiry = 144
    static let payload = 152
    static let end = 184
  }

  private var input: [UInt8]

  init(_ workspace: WorkspaceID, _ log: LogID) {
    Sodium.ready
    input = "log".domain + workspace.bytes + log.bytes
    assert(input.count == Place.sequence)
    input += [UInt8](repeating: 0, count: Place.end - Place.sequence)
  }

  mutating func digest(_ sequence: UInt64, previous: Digest, _ entry: Entry) -> Digest {
    input.withUnsafeMutableBytes { input in
      input.storeBytes(of: sequence.bigEndian, toByteOffset: Place.sequence, as: UInt64.self)
      previous.raw.store(to: input, at: Place.previous)
      input.storeBytes(of: entry.time.raw.bigEndian, toByteOffset: Place.time, as: Int64.self)
      input.storeBytes(of: entry.expiry.bigEndian, toByteOffset: Place.expiry, as: Int64.self)
      switch entry.payload {
      case .present(let bytes):
        bytes.withUnsafeBytes {
          Blake2b.digest($0, into: UnsafeMutableRawBufferPointer(rebasing: input[Place.payload..<Place.end]))
        }
      case .absent(let digest): digest.raw.store(to: input, at: Place.payload)
      }
      return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { out in
        Blake2b.digest(UnsafeRawBufferPointer(input), into: out)
        return Digest(Bytes32(loading: UnsafeRawBufferPointer(out)))
      }
    }
  }
}

/// A segment whose chain and signature hold.
public struct CheckedSegment: Hashable, Sendable {
  public let segment: Segment
  /// The chain digest at each entry.
  public let digests: [Digest]

  /// The head after the last entry.
  public var head: Head { Head(sequence: last, digest: digests.last ?? segment.previous) }

  public var log: LogID { segment.log }
  public var first: UInt64 { segment.first }
  public var last: UInt64 { segment.last }
  public var entries: [Entry] { segment.entries }

  /// The chain digest at one of its entries, or at the one before the first.
  public func digest(at sequence: UInt64) -> Digest {
    sequence < first ? segment.previous : digests[Int(sequence - first)]
  }

  /// The stamp of one of its entries.
  public func time(at sequence: UInt64) -> HybridTime { entries[Int(sequence - first)].time }

  /// What comes after one of its entries; all of it where that is the one before the first.
  public func suffix(after sequence: UInt64) -> CheckedSegment {
    guard sequence >= first else { return self }
    return CheckedSegment(
      segment: segment.suffix(from: sequence + 1, previous: digest(at: sequence)),
      digests: Array(digests.dropFirst(Int(sequence - first) + 1)))
  }
}

extension Segment {
  /// The chain digest at one of the segment's entries, or before the first.
  package func digest(at sequence: UInt64, in workspace: WorkspaceID) -> Digest? {
    guard sequence + 1 >= first, sequence <= last else { return nil }
    guard sequence >= first else { return previous }
    return Chain.digests(self, through: sequence, in: workspace).last
  }

  /// The same segment from a later entry on. The signature stands, for it covers the chain at the end.
  package func suffix(from sequence: UInt64, previous digest: Digest) -> Segment {
    Segment(
      log: log, first: sequence, previous: digest, entries: Array(entries.dropFirst(Int(sequence - first))),
      signature: signature)
  }
}
