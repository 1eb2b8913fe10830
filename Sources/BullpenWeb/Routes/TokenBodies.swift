struct TokenRequest: Decodable {
  let name: String
  let scopes: [Scope]
}

struct TokenBody: Encodable {
  let id: String
  let name: String
  let scopes: [Scope]
  let createdAt: Int64
  /// Only in the answer that makes it.
  let token: String?

  init(_ entry: TokenBook.Entry, token: String? = nil) {
    id = entry.id
    name = entry.name
    scopes = entry.scopes
    createdAt = entry.created
    self.token = token
  }
}
