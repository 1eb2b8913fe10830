struct LoginLinkBody: Encodable {
  let url: String
  let expires: Int64
}

struct LoginRequest: Decodable {
  let t: String
}

struct LoginBody: Encodable {
  let originToken: String
}

struct HealthBody: Encodable {
  let status = "ok"
}
