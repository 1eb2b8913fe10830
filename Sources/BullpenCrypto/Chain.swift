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
    Blake2b.digest(
      "log".domain, workspace.bytes, log.bytes, sequence.bigEndianBytes, previous.bytes,
      UInt64(bitPattern: entry.time.raw).bigEndianBytes, UInt64(bitPattern: entry.expiry).bigEndianBytes,
      payloadDigest(of: entry).bytes)
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
    var digest = segment.previous
    var digests: [Digest] = []
    digests.reserveCapacity(segment.entries.count)
    for (offset, entry) in segment.entries.enumerated() {
      digest = Self.digest(workspace, segment.log, segment.first + UInt64(offset), previous: digest, entry)
      digests.append(digest)
    }
    guard segment.log.device.verifies(segment.signature, over: digest.bytes, .log) else { return nil }
    return Verified(CheckedSegment(segment: segment, digests: digests))
  }
}

/// A segment whose chain and signature hold.
public struct CheckedSegment: Hashable, Sendable {
  public let segment: Segment
  /// The chain digest at each entry.
  public let digests: [Digest]

  /// The head after the last entry.
  public var head: Head { Head(sequence: segment.last, digest: digests.last ?? segment.previous) }
}
