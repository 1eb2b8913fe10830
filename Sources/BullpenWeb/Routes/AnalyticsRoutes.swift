import BullpenCore
import BullpenNode
import Hummingbird
import NIOCore

/// How the workspace is used, as far as that is counted.
extension RouteTable {
  func addAnalytics() {
    on(.get, "/api/v1/presence/analytics", needs: .own) { call in
      let format = call.query("format") ?? "json"
      guard ["json", "csv"].contains(format) else {
        throw Problem.invalid("/format", "There is no such format.", hint: "One of json, csv.")
      }
      let view = try await call.workspace().analytics(try call.analyticsQuery())
      guard format == "csv" else { return JSON.response(AnalyticsBody(view)) }
      let name = "bullpen-\(view.scope.rawValue)-\(view.range.lowerBound)-\(view.range.upperBound).csv"
      return Response(
        status: .ok,
        headers: [
          .contentType: "text/csv; charset=utf-8; header=present", .cacheControl: "no-store",
          .contentDisposition: "attachment; filename=\"\(name)\"",
        ],
        body: ResponseBody(byteBuffer: ByteBuffer(string: AnalyticsTable(view).text)))
    }

    on(.put, "/api/v1/presence/analytics/told", needs: .own) { call in
      JSON.response(PresenceSettingsBody(try await call.workspace().noteToldOfAnalytics()))
    }

    on(.delete, "/api/v1/presence/analytics/me", needs: .own) { call in
      JSON.response(ErasedBody(erased: try await call.workspace().eraseAnalytics()))
    }

    on(.put, "/api/v1/workspace/analytics", needs: .own) { call in
      let asked = try await call.body(AnalyticsRequest.self)
      return JSON.response(PresenceSettingsBody(try await call.workspace().setAnalytics(on: asked.on)))
    }
  }
}

extension Call {
  fileprivate func analyticsQuery() throws -> AnalyticsQuery {
    let scope = try query("scope").map { text in
      guard let scope = AnalyticsQuery.Scope(rawValue: text) else {
        throw Problem.invalid("/scope", "There is no such scope.", hint: "One of all, me.")
      }
      return scope
    }
    return AnalyticsQuery(from: try day("from"), to: try day("to"), scope: scope)
  }

  private func day(_ name: Substring) throws -> CalendarDay? {
    try query(name).map { text in
      guard let day = CalendarDay(text) else {
        throw Problem.invalid("/\(name)", "`\(name)` is no day.", hint: "Write it as 2026-11-22.")
      }
      return day
    }
  }
}
