import BullpenCore
import BullpenNode
import HTTPTypes
import Hummingbird

/// Why somebody is not seen.
extension RouteTable {
  func addDoctor() {
    on(.get, "/api/v1/doctor", needs: .read) { call in
      JSON.response(DoctorBody(try await call.workspace().examination()))
    }
    on(.post, "/api/v1/doctor", needs: .write) { call in
      let asked = try await call.bodyIfAny(DoctorRequest.self)
      let member = try asked?.userId.map { try Check.member($0, at: "/user_id") }
      let workspace = try await call.workspace()
      if call.request.headers.list(.accept).contains(where: { $0.hasPrefix("text/event-stream") }) {
        return Self.stream(member, of: workspace)
      }
      let report = try await workspace.examine(member, progress: nil)
      return JSON.response(DoctorReportBody(report))
    }
  }

  /// Tells how the examination goes as it goes. It goes on to its end for others who listen, whoever hangs up.
  private static func stream(_ member: MemberID?, of workspace: any WorkspaceAPI) -> Response {
    let (progress, post) = AsyncStream.makeStream(
      of: ExaminationStep.self, bufferingPolicy: .bufferingNewest(WebBounds.examinationSteps))
    let body = ResponseBody { writer in
      let examining = Task {
        defer { post.finish() }
        return try await workspace.examine(member) { post.yield($0) }
      }
      for await step in progress {
        try await writer.write(ServerSentEvent("progress", DoctorStepBody(step)).bytes)
      }
      let last: ServerSentEvent
      switch await examining.result {
      case .success(let report): last = ServerSentEvent("report", DoctorReportBody(report))
      case .failure(let error): last = ServerSentEvent("problem", Problem(any: error).document)
      }
      try await writer.write(last.bytes)
      try await writer.finish(nil)
    }
    return Response(status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"], body: body)
  }
}
