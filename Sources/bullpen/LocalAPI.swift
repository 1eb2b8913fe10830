import AsyncHTTPClient
import BullpenCore
import Foundation

/// The running node of a home, by its local API (`protocol/api.md`).
struct LocalAPI {
  /// What a running node writes into its home.
  struct Running: Codable {
    /// Where its view is.
    var web: String
    var pid: Int32
    /// The port for other nodes.
    var port: Int
  }

  let running: Running
  private let token: String

  /// - Throws: `Failure` with `notRunning`.
  init(home: String) throws {
    guard let data = FileManager.default.contents(atPath: home + "/node.json"),
      let running = try? JSONDecoder().decode(Running.self, from: data), kill(running.pid, 0) == 0,
      let token = FileManager.default.contents(atPath: home + "/token")
    else {
      throw Failure(.notRunning, "No node is running with the home \(home).", hint: "Start it with `bullpen up`.")
    }
    self.running = running
    self.token = String(decoding: token, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// One request; the decoded answer.
  /// - Throws: `Failure` with the problem's sentence and hint.
  func ask<Answer: Decodable>(
    _ method: String, _ path: String, body: [String: JSONValue]? = nil, as: Answer.Type
  ) async throws -> Answer {
    try JSONDecoder.api.decode(Answer.self, from: await raw(method, path, body: body))
  }

  /// The same, with the answer's bytes as they came.
  func raw(_ method: String, _ path: String, body: [String: JSONValue]? = nil) async throws -> Data {
    var request = HTTPClientRequest(url: running.web + "/api/v1" + path)
    request.method = .RAW(value: method)
    request.headers.add(name: "Authorization", value: "Bearer \(token)")
    if let body {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(Array(try JSONEncoder().encode(body)))
    }
    let response: HTTPClientResponse
    let data: Data
    do {
      // Joining searches for up to half a minute.
      response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
      data = Data(try await response.body.collect(upTo: 8 * 1024 * 1024).readableBytesView)
    } catch {
      throw Failure(.notRunning, "The node does not answer at \(running.web).", hint: "`bullpen up` starts it.")
    }
    guard response.status.code < 400 else {
      guard let problem = try? JSONDecoder.api.decode(Problem.self, from: data) else {
        throw Failure(.node, "The node answered \(response.status.code).")
      }
      throw Failure(Failure.code(problem.code), problem.detail, hint: problem.hint ?? "")
    }
    return data
  }

  private struct Problem: Decodable {
    var code: String
    var detail: String
    var hint: String?
  }
}

extension JSONDecoder {
  /// `snake_case`, as the API speaks.
  static var api: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }
}

/// A value of a request's body.
enum JSONValue: Encodable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
  case text(String)
  case number(Int)
  case truth(Bool)
  case list([String])
  case nothing

  init(stringLiteral value: String) { self = .text(value) }
  init(integerLiteral value: Int) { self = .number(value) }
  init(booleanLiteral value: Bool) { self = .truth(value) }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .number(let number): try container.encode(number)
    case .truth(let truth): try container.encode(truth)
    case .list(let list): try container.encode(list)
    case .nothing: try container.encodeNil()
    }
  }
}
