import BullpenNode
import Foundation
import HTTPTypes
import Hummingbird

/// Why a request was not carried out, as a problem document (RFC 9457): a code for programs, a sentence for people,
/// what they can do next, and the field to blame.
struct Problem: Error, Hashable, Sendable {
  var status: HTTPResponse.Status
  var code: String
  var detail: String
  var hint: String
  /// A JSON Pointer (RFC 6901).
  var pointer: String?
  var fields: HTTPFields
  /// The addresses that a joining tried; nil for what is no joining.
  var attempts: [JoinAttemptBody]?

  init(
    _ status: HTTPResponse.Status, code: String, _ detail: String, hint: String = "", at pointer: String? = nil,
    fields: HTTPFields = [:]
  ) {
    self.status = status
    self.code = code
    self.detail = detail
    self.hint = hint
    self.pointer = pointer
    self.fields = fields
  }

  /// A field's content makes no sense.
  static func invalid(_ pointer: String?, _ detail: String, hint: String = "") -> Problem {
    Problem(.unprocessableContent, code: "invalid", detail, hint: hint, at: pointer)
  }

  static func malformed(_ detail: String, hint: String = "") -> Problem {
    Problem(.badRequest, code: "malformed", detail, hint: hint)
  }

  static func notFound(_ detail: String) -> Problem { Problem(.notFound, code: "not_found", detail) }

  static func redirect(to place: String) -> Problem {
    Problem(.permanentRedirect, code: "moved", "This node answers to 127.0.0.1.", fields: [.location: place])
  }

  static let unauthorized = Problem(
    .unauthorized, code: "unauthorized", "This needs a login or a token.",
    hint: "Run `bullpen open` for a login link; programs send the token of the home's file `token`.",
    fields: [.wwwAuthenticate: "Bearer"])

  static let tooMany = Problem(
    .tooManyRequests, code: "too_many", "That is more than this node answers.", hint: "Try again in a second.",
    fields: [.retryAfter: "1"])

  static let tooLarge = Problem(
    .contentTooLarge, code: "too_large", "The body has more than \(WebBounds.bodyBytes) bytes.", hint: "Shorten it.")

  static let failed = Problem(
    .internalServerError, code: "internal", "The node failed at this; nothing was changed.",
    hint: "Try again; if it stays so, look into the node's log.")

  init(_ error: NodeError) {
    let status: HTTPResponse.Status =
      switch error.code {
      case .invalid, .inviteMalformed: .unprocessableContent
      case .notFound: .notFound
      case .forbidden, .inviteRefused, .removed: .forbidden
      case .conflict, .changed, .noWorkspace, .homeInUse, .homeUnsafe: .conflict
      case .tooLarge: .contentTooLarge
      case .unavailable, .unreachable, .busy, .diskReadOnly, .damaged: .serviceUnavailable
      case .tooMany: .tooManyRequests
      case .diskFull: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
      case .storage: .internalServerError
      }
    self.init(status, code: error.code.rawValue, error.message, hint: error.hint)
    if [.busy, .tooMany].contains(error.code) { fields[.retryAfter] = "1" }
    attempts = error.report?.entries.map(JoinAttemptBody.init)
  }

  /// Whatever was thrown, as a problem.
  init(any error: any Error) {
    switch error {
    case let problem as Problem: self = problem
    case let error as NodeError: self.init(error)
    default: self = .failed
    }
  }
}

extension Problem {
  struct Document: Encodable {
    let type: String
    let title: String
    let status: Int
    let code: String
    let detail: String
    let hint: String
    let pointer: String?
    let attempts: [JoinAttemptBody]?
  }

  var document: Document {
    Document(
      type: "urn:bullpen:problem:\(code)", title: title, status: status.code, code: code, detail: detail, hint: hint,
      pointer: pointer, attempts: attempts)
  }

  private var title: String {
    switch status {
    case .unauthorized: "A login is needed"
    case .forbidden: "This is not allowed"
    case .notFound: "There is no such thing here"
    case .conflict: "The node's state stands against it"
    case .tooManyRequests: "Too many requests"
    case .serviceUnavailable: "Not available now"
    case .internalServerError: "The node failed"
    case _ where status.code == 507: "The disk is full"
    default: "The request cannot be carried out"
    }
  }

  var response: Response {
    if status == .permanentRedirect { return Response(status: status, headers: fields) }
    var response = JSON.response(document, status: status)
    response.headers.append(contentsOf: fields)
    response.headers[.contentType] = "application/problem+json"
    return response
  }
}
