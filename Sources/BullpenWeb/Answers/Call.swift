import BullpenCore
import BullpenNode
import HTTPTypes
import Hummingbird
import NIOCore

/// Nothing of ours but what the router fills in.
struct WebContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }
}

/// One request that was let in, as a route sees it.
struct Call: Sendable {
  let request: Request
  let context: WebContext
  let site: Site
  let caller: Caller?

  /// The body, which must be JSON. Throws `unsupported_media_type`, `too_large`, `malformed` and `invalid`.
  func body<Value: Decodable>(_ type: Value.Type) async throws -> Value {
    guard let value = try await bodyIfAny(type) else { throw Problem.malformed("A JSON body is missing.") }
    return value
  }

  /// As `body`, but nil where there is none.
  func bodyIfAny<Value: Decodable>(_: Value.Type) async throws -> Value? {
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > WebBounds.bodyBytes {
      throw Problem.tooLarge
    }
    let buffer: ByteBuffer
    do {
      buffer = try await request.body.collect(upTo: WebBounds.bodyBytes)
    } catch is NIOTooManyBytesError {
      throw Problem.tooLarge
    }
    guard buffer.readableBytes > 0 else { return nil }
    let type = request.headers[.contentType]?.split(separator: ";").first?.lowercased()
    guard type?.filter({ $0 != " " }) == "application/json" else {
      throw Problem(
        .unsupportedMediaType, code: "unsupported_media_type", "The body is not said to be JSON.",
        hint: "Send Content-Type: application/json.")
    }
    return try JSON.decode(Value.self, from: buffer.readableBytesView)
  }

  func query(_ name: Substring) -> String? { request.uri.queryParameters[name].map(String.init) }

  /// How many rows of a page.
  func limit() throws -> Int {
    guard let text = query("limit") else { return WebBounds.usualPageRows }
    guard let limit = Int(text), (1...WebBounds.pageRows).contains(limit) else {
      throw Problem.malformed("`limit` is a number from 1 to \(WebBounds.pageRows).")
    }
    return limit
  }

  /// The row that the path names. A key of another shape is the key of nothing.
  func rowKey() throws -> RowKey {
    guard let key = RowKey(context.parameters.get("id") ?? "", shape: .own) else {
      throw Problem.notFound("There is no row with this id.")
    }
    return key
  }

  /// The workspace that the request is about.
  func workspace() async throws -> any WorkspaceAPI {
    guard let text = request.headers[.workspace] else { return try await site.node.workspace(nil) }
    guard let id = WorkspaceID(text) else {
      throw Problem.malformed("Bullpen-Workspace is not a workspace's id.", hint: "It has 64 hexadecimal digits.")
    }
    return try await site.node.workspace(id)
  }
}
