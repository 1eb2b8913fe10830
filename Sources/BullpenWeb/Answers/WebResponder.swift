import HTTPTypes
import Hummingbird
import NIOHTTP1

/// Around all routes: the door, errors as problems, and what every answer says to a browser.
struct WebResponder: HTTPResponder {
  let routes: RouterResponder<WebContext>
  let entries: [RouteTable.Entry]
  let site: Site

  init(_ table: RouteTable, _ site: Site) {
    table.router.add(middleware: Unrouted())
    routes = table.router.buildResponder()
    entries = table.entries
    self.site = site
  }

  func respond(to request: Request, context: WebContext) async throws -> Response {
    var response: Response
    do {
      try site.door.checkPlace(Door.Head(request.head))
      response = try await routes.respond(to: request, context: context)
    } catch let error as HTTPParserError {
      // Hummingbird answers it and closes the connection.
      throw error
    } catch is Unrouted.Missing {
      response = missing(request).response
    } catch {
      let problem = Problem(any: error)
      if problem.code == "internal" {
        site.logger.error("A request failed.", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
      }
      response = problem.response
    }
    site.metrics.count(response.status, at: context.endpointPath)
    for (name, value) in Self.manners { response.headers[name] = value }
    response.headers[.contentSecurityPolicy] = policy
    if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    return response
  }

  private func missing(_ request: Request) -> Problem {
    let methods = RouteTable.methods(for: request.uri.path, in: entries)
    if methods.isEmpty { return .notFound("There is nothing at this address.") }
    return Problem(
      .methodNotAllowed, code: "method_not_allowed", "This address has no \(request.method.rawValue).",
      fields: [.allow: methods.map(\.rawValue).joined(separator: ", ")])
  }

  private static let manners: [(HTTPField.Name, String)] = [
    (.xContentTypeOptions, "nosniff"),
    // The names are tokens of RFC 9110, so they parse.
    (HTTPField.Name("Referrer-Policy")!, "no-referrer"),
    (HTTPField.Name("Cross-Origin-Opener-Policy")!, "same-origin"),
    (HTTPField.Name("Cross-Origin-Resource-Policy")!, "same-origin"),
    (HTTPField.Name("X-Frame-Options")!, "DENY"),
  ]

  /// Nothing inline, nothing from elsewhere, in no frame.
  private var policy: String {
    """
    default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self' ws://\(site.authority); manifest-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'
    """
  }
}

/// Tells a path without a route from a route that found nothing.
private struct Unrouted: RouterMiddleware {
  struct Missing: Error {}

  func handle(
    _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as HTTPError where error.status == .notFound {
      throw Missing()
    }
  }
}
