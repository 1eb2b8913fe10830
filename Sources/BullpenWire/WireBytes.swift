import BullpenCore
import Foundation
import SwiftProtobuf

// How ids and messages become bytes of protobuf, and back.

extension Identifier where Raw == Bytes32 {
  var data: Data { Data(raw.bytes) }
}

extension Identifier where Raw == Bytes16 {
  var data: Data { Data(raw.bytes) }
}

extension Signature {
  var data: Data { Data(bytes) }
}

extension SwiftProtobuf.Message {
  /// Reads a message that came from outside; nil when it is none. Nesting is bounded by the schema.
  init?(wire bytes: [UInt8]) {
    guard let message = try? Self(serializedBytes: bytes) else { return nil }
    self = message
  }

  /// The message's bytes. Serialising fails only for missing required fields, which proto3 does not have.
  var wireBytes: [UInt8] {
    guard let bytes: [UInt8] = try? serializedBytes() else { preconditionFailure("a proto3 message serialises") }
    return bytes
  }
}

extension Role {
  init?(wire value: UInt32) {
    guard let raw = UInt8(exactly: value) else { return nil }
    self.init(rawValue: raw)
  }
}

extension LogKind {
  init?(wire value: UInt32) {
    guard let raw = UInt8(exactly: value) else { return nil }
    self.init(rawValue: raw)
  }
}

/// Decodes every element or none.
func decodeAll<Message, Value>(_ messages: [Message], atMost limit: Int, _ decode: (Message) -> Value?) -> [Value]? {
  guard messages.count <= limit else { return nil }
  var values: [Value] = []
  values.reserveCapacity(messages.count)
  for message in messages {
    guard let value = decode(message) else { return nil }
    values.append(value)
  }
  return values
}
