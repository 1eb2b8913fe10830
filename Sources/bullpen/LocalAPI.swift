import AsyncHTTPClient
import BullpenCore
import BullpenNode
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
  /// The workspace that requests are about; nil for the only one.
  var workspace: String?
  private let token: String

  /// - Throws: `Failure` with `notRunning`.
  init(home: String) throws {
    guard let data = FileManager.default.contents(atPath: home + "/node.json"),
      let running = try? JSONDecoder().decode(Running.self, from: data), Home.isTaken(home),
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
  /// - Parameter patience: how many seconds a node may be silent; joining searches for up to half a minute.
  func raw(
    _ method: String, _ path: String, body: [String: JSONValue]? = nil, patience: Int64 = 15
  ) async throws -> Data {
    let request = request(method, path, body: body)
    let response: HTTPClientResponse
    let data: Data
    do {
      response = try await HTTPClient.shared.execute(request, timeout: .seconds(patience))
      data = Data(try await response.body.collect(upTo: Self.answerBytes).readableBytesView)
    } catch {
      throw gone
    }
    guard response.status.code < 400 else { throw Self.failure(data, status: response.status.code) }
    return data
  }

  /// One request whose answer comes as events, each with its name and its JSON; the last one's JSON.
  /// - Parameter minutes: that it may take.
  /// - Throws: `Failure` as a request does, also where the events end in a `problem`.
  func events(
    _ method: String, _ path: String, body: [String: JSONValue], minutes: Int64 = 30,
    hear: (_ name: String, _ data: Data) -> Void
  ) async throws -> Data {
    var request = request(method, path, body: body)
    request.headers.add(name: "Accept", value: "text/event-stream")
    var reader = EventReader()
    var last: (name: String, data: Data)?
    do {
      // A long history takes its time; the node ends it where it stands still.
      let response = try await HTTPClient.shared.execute(request, timeout: .minutes(minutes))
      guard response.status.code < 400 else {
        let data = Data(try await response.body.collect(upTo: Self.answerBytes).readableBytesView)
        throw Self.failure(data, status: response.status.code)
      }
      for try await part in response.body {
        for event in reader.read(part.readableBytesView) {
          hear(event.name, event.data)
          last = event
        }
      }
    } catch let failure as Failure {
      throw failure
    } catch {
      throw gone
    }
    guard let last else { throw gone }
    if last.name == "problem" { throw Self.failure(last.data, status: 500) }
    return last.data
  }

  private func request(_ method: String, _ path: String, body: [String: JSONValue]?) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: running.web + "/api/v1" + path)
    request.method = .RAW(value: method)
    request.headers.add(name: "Authorization", value: "Bearer \(token)")
    if let workspace { request.headers.add(name: "Bullpen-Workspace", value: workspace) }
    if let body, let content = try? JSONEncoder().encode(body) {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(Array(content))
    }
    return request
  }

  private static let answerBytes = 8 * 1024 * 1024

  private var gone: Failure {
    Failure(.notRunning, "The node does not answer at \(running.web).", hint: "`bullpen up` starts it.")
  }

  private static func failure(_ data: Data, status: UInt) -> Failure {
    guard let problem = try? JSONDecoder.api.decode(ProblemAnswer.self, from: data) else {
      return Failure(.node, "The node answered \(status).")
    }
    var failure = Failure(
      Failure.code(problem.code), problem.detail, hint: problem.hint ?? "", word: problem.code)
    failure.details = (problem.attempts ?? []).map { $0.words(after: problem.detail) }
    failure.document = data
    return failure
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
