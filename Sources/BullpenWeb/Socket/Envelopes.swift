/// What every message looks like: `{"type","id","data"}`.
struct Envelope<Content: Encodable>: Encodable {
  let type: String
  let id: String?
  let data: Content
}

struct NoContent: Codable, Hashable {}

/// The part of an incoming envelope that says what it is.
struct EnvelopeHead: Decodable {
  let type: String
  let id: String?
}

/// The part that is read once the type is known.
struct EnvelopeContent<Content: Decodable>: Decodable {
  let data: Content
}

struct ConnectionsBody: Encodable {
  let liveDevices: Int
  let knownDevices: Int
}

struct FaultBody: Encodable {
  let code: String
  let detail: String
  let hint: String
  let pointer: String?

  init(_ problem: Problem) {
    code = problem.code
    detail = problem.detail
    hint = problem.hint
    // Whoever sends an envelope thinks of its data.
    let pointer = problem.pointer
    self.pointer = pointer.map { $0.hasPrefix("/data/") ? String($0.dropFirst("/data".count)) : $0 }
  }
}
