import BullpenCore
import Foundation
import SwiftProtobuf

/// Segments, as they are sent and as the store keeps them.
public enum SegmentCodec {
  public static func encode(_ segment: Segment) -> [UInt8] {
    FieldWriter.bytes(segment.size) { segment.write(to: &$0) }
  }

  /// Nil for what is no segment. Whether its chain holds is another question.
  public static func decode(_ bytes: [UInt8]) -> Segment? {
    bytes.withUnsafeBytes { Segment(usual: $0) } ?? decodeAny(bytes)
  }

  /// As the library reads it.
  static func decodeAny(_ bytes: [UInt8]) -> Segment? { PBSegment(wire: bytes).flatMap(Segment.init) }
}

extension Segment {
  var message: PBSegment {
    .with {
      $0.log = log.message
      $0.first = first
      if first > 1 { $0.previous = previous.data }
      $0.entries = entries.map(\.message)
      $0.signature = signature.data
    }
  }

  init?(_ message: PBSegment) {
    guard message.hasLog, let log = LogID(message.log), WireRange.sequences.contains(message.first),
      let signature = Signature(bytes: message.signature), !message.entries.isEmpty,
      let entries = decodeAll(message.entries, atMost: Limits.segmentEntries, { Entry($0) }),
      WireRange.holds(message.first, count: entries.count)
    else { return nil }
    var previous = Digest.zero
    if message.first > 1 {
      guard let digest = Digest(bytes: message.previous) else { return nil }
      previous = digest
    } else {
      guard message.previous.isEmpty else { return nil }
    }
    self.init(log: log, first: message.first, previous: previous, entries: entries, signature: signature)
  }
}

extension Entry {
  var message: PBEntry {
    .with {
      $0.time = time.raw
      $0.expiry = expiry
      switch payload {
      case .present(let bytes): $0.payload = Data(bytes)
      case .absent(let digest): $0.digest = digest.data
      }
    }
  }

  init?(_ message: PBEntry) {
    guard message.time >= 0, WireRange.moments.contains(message.expiry) else { return nil }
    let payload: Payload
    switch message.content {
    case .payload(let bytes):
      guard bytes.count <= Limits.changeBytes else { return nil }
      payload = .present(Array(bytes))
    case .digest(let bytes):
      guard let digest = Digest(bytes: bytes) else { return nil }
      payload = .absent(digest)
    case nil: return nil
    }
    self.init(time: HybridTime(raw: message.time), expiry: message.expiry, payload: payload)
  }
}

extension LogID {
  var message: PBLogID {
    .with {
      $0.device = device.data
      $0.incarnation = incarnation.data
      $0.kind = UInt32(kind.rawValue)
    }
  }

  init?(_ message: PBLogID) {
    guard let device = DeviceID(bytes: message.device), let incarnation = Incarnation(bytes: message.incarnation),
      let kind = LogKind(wire: message.kind)
    else { return nil }
    self.init(device: device, incarnation: incarnation, kind: kind)
  }
}

extension LogHead {
  var message: PBLogHead {
    .with {
      $0.log = log.message
      $0.sequence = head.sequence
      $0.digest = head.digest.data
    }
  }

  init?(_ message: PBLogHead) {
    guard message.hasLog, let log = LogID(message.log), WireRange.heads.contains(message.sequence),
      let digest = Digest(bytes: message.digest)
    else { return nil }
    self.init(log: log, head: Head(sequence: message.sequence, digest: digest))
  }
}

extension LogRange {
  var message: PBLogRange {
    .with {
      $0.log = log.message
      $0.first = first
      $0.last = last
      if let digest { $0.digest = digest.data }
    }
  }

  init?(_ message: PBLogRange) {
    guard message.hasLog, let log = LogID(message.log), WireRange.sequences.contains(message.first),
      WireRange.sequences.contains(message.last), message.last >= message.first
    else { return nil }
    let digest = Digest(bytes: message.digest)
    guard digest != nil || message.digest.isEmpty else { return nil }
    self.init(log: log, first: message.first, last: message.last, digest: digest)
  }
}
