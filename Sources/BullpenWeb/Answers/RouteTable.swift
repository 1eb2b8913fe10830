import HTTPTypes
import Hummingbird

/// Every route, with the right that it needs. There is no other way to add one, so none is left unguarded.
final class RouteTable {
  struct Entry: Hashable, Sendable {
    let method: HTTPRequest.Method
    /// As the router writes it: `/notifications/:id/read`.
    let path: String
    let right: Right
  }

  let router = Router(context: WebContext.self, options: .autoGenerateHeadEndpoints)
  private(set) var entries: [Entry] = []
  private let site: Site

  init(_ site: Site) { self.site = site }

  func on(
    _ method: HTTPRequest.Method, _ path: String, needs right: Right,
    _ answer: @escaping @Sendable (Call) async throws -> Response
  ) {
    entries.append(Entry(method: method, path: path, right: right))
    let site = site
    router.on(RouterPath(path), method: method) { request, context in
      let caller = site.door.caller(Door.Head(request.head))
      try site.rates.take(caller)
      try Door.admit(caller, for: right)
      return try await answer(Call(request: request, context: context, site: site, caller: caller))
    }
  }

  /// The methods of the routes that a path fits.
  static func methods(for path: String, in entries: [Entry]) -> [HTTPRequest.Method] {
    let words = path.split(separator: "/")
    return entries.filter { entry in
      let pattern = entry.path.split(separator: "/")
      return pattern.count == words.count && zip(pattern, words).allSatisfy { $0.hasPrefix(":") || $0 == $1 }
    }.map(\.method)
  }
}

extension Door.Head {
  init(_ head: HTTPRequest) {
    self.init(
      authority: head.authority, path: head.path ?? "/", method: head.method, fields: head.headerFields)
  }
}
