import BullpenCore
import BullpenNode
import HTTPTypes
import Hummingbird

/// The second door of first run.
extension RouteTable {
  func addJoin() {
    on(.post, "/api/v1/workspaces/join", needs: .own) { call in
      let asked = try await call.body(JoinRequest.self)
      try Check.bytes(asked.code, 1...Limits.inviteCharacters, at: "/code")
      try Check.name(asked.memberName, at: "/member_name")
      if call.request.headers.list(.accept).contains(where: { $0.hasPrefix("text/event-stream") }) {
        return Self.stream(asked, of: call.site)
      }
      let joined = try await call.site.node.join(code: asked.code, memberName: asked.memberName)
      return JSON.response(JoinedBody(joined), status: .created)
    }
  }

  /// Tells how the joining goes as it goes. Whoever hangs up ends the search; what was reached by then stays.
  private static func stream(_ asked: JoinRequest, of site: Site) -> Response {
    // Only the newest words matter to a slow reader, and the last event is told apart from them.
    let (progress, post) = AsyncStream.makeStream(
      of: JoinProgress.self, bufferingPolicy: .bufferingNewest(WebBounds.joinProgress))
    let body = ResponseBody { writer in
      let joining = Task {
        defer { post.finish() }
        return try await site.node.join(code: asked.code, memberName: asked.memberName) { post.yield($0) }
      }
      try await withTaskCancellationHandler {
        do {
          for await step in progress {
            try await writer.write(ServerSentEvent("progress", JoinProgressBody(step)).bytes)
          }
        } catch {
          joining.cancel()
          throw error
        }
        let last: ServerSentEvent
        switch await joining.result {
        case .success(let joined): last = ServerSentEvent("joined", JoinedBody(joined))
        case .failure(let error): last = ServerSentEvent("problem", Problem(any: error).document)
        }
        try await writer.write(last.bytes)
        try await writer.finish(nil)
      } onCancel: {
        joining.cancel()
      }
    }
    return Response(status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"], body: body)
  }
}
