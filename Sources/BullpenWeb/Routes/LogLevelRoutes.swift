import BullpenNode
import Hummingbird
import Logging

struct LogLevelBody: Codable {
  let level: String
}

/// How much the running node says in its log.
extension RouteTable {
  func addLogLevel() {
    on(.get, "/api/v1/node/log-level", needs: .read) { call in
      JSON.response(LogLevelBody(level: call.site.logs.level.rawValue))
    }

    on(.put, "/api/v1/node/log-level", needs: .own) { call in
      let asked = try await call.body(LogLevelBody.self)
      guard let level = Logger.Level(rawValue: asked.level) else {
        throw Problem.invalid(
          "/level", "There is no such level.", hint: "One of \(LogDial.names.joined(separator: ", ")).")
      }
      call.site.logs.turn(to: level)
      return JSON.response(LogLevelBody(level: level.rawValue))
    }
  }
}
