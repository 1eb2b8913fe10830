import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Bodies and envelopes: UTF-8, `snake_case`.
enum JSON {
  static func encode(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Our own types hold text, whole numbers and finite fractions: there is nothing that JSON cannot say.
    return Array((try? encoder.encode(value)) ?? Data("null".utf8))
  }

  /// The same as the text of a WebSocket's message.
  static func text(_ value: some Encodable) -> ByteBuffer {
    let bytes = encode(value)
    var text = ByteBuffer.forFrame(of: bytes.count)
    text.writeBytes(bytes)
    return text
  }

  static func response(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
    response(ByteBuffer(bytes: encode(value)), status: status)
  }

  /// An answer that is JSON already.
  static func response(_ text: ByteBuffer, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: text))
  }

  /// Reads a value. Throws a problem that names the field to blame.
  static func decode<Value: Decodable>(_: Value.Type, from bytes: some Sequence<UInt8>) throws(Problem) -> Value {
    let data = Data(bytes)
    // Foundation would put replacement characters where the text is broken.
    guard String(validating: data, as: UTF8.self) != nil else {
      throw Problem.malformed("The body is not UTF-8.")
    }
    do {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(Value.self, from: data)
    } catch let problem as Problem {
      throw problem
    } catch DecodingError.keyNotFound(let key, let context) {
      let pointer = pointer(context.codingPath + [key])
      throw Problem.invalid(pointer, "`\(pointer.dropFirst())` is missing.")
    } catch DecodingError.valueNotFound(_, let context) {
      throw wrongType(context)
    } catch DecodingError.typeMismatch(_, let context) {
      throw wrongType(context)
    } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
      throw wrongType(context)
    } catch {
      // Foundation does not name the field of a number that fits no type of ours.
      guard (try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)) == nil else {
        throw Problem.invalid(nil, "A field is of the wrong kind or out of range.")
      }
      throw Problem.malformed("The body is not JSON.")
    }
  }

  private static func wrongType(_ context: DecodingError.Context) -> Problem {
    let pointer = pointer(context.codingPath)
    return pointer.isEmpty
      ? Problem.invalid("", "The body must be a JSON object.")
      : Problem.invalid(pointer, "`\(pointer.dropFirst())` is of the wrong kind or out of range.")
  }

  private static func pointer(_ path: [any CodingKey]) -> String {
    path.map { key in
      "/" + (key.intValue.map(String.init) ?? snakeCase(key.stringValue))
    }.joined()
  }

  private static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { text, letter in
      if letter.isUppercase { text += "_" + letter.lowercased() } else { text.append(letter) }
    }
  }
}

/// A field that is always there, and null where there is nothing.
@propertyWrapper
struct Nullable<Value: Encodable & Sendable>: Encodable, Sendable {
  var wrappedValue: Value?
  init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
  }
}

/// A list that comes whole.
struct ItemsBody<Item: Encodable & Sendable>: Encodable, Sendable {
  let items: [Item]
}

/// A list that comes in pages.
struct PageBody<Item: Encodable & Sendable>: Encodable, Sendable {
  let items: [Item]
  @Nullable var next: String?
}
