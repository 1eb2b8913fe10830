import BullpenCore
import BullpenNode

struct AnalyticsStateBody: Encodable {
  let on: Bool
  @Nullable var at: Int64?
  @Nullable var by: String?
  let told: Bool
  let counted: Bool
  let readers: [String]

  init(_ state: AnalyticsState) {
    on = state.isOn
    at = state.at
    by = state.by?.description
    told = state.isTold
    counted = state.isCounted
    readers = state.readers.map(\.description)
  }
}

struct AnalyticsRequest: Decodable { let on: Bool }

struct ErasedBody: Encodable { let erased: Int }

struct AnalyticsBody: Encodable {
  struct Day: Encodable {
    let date: String
    let sessions: Int
    let seconds: Int64
    let members: Int
  }

  struct Person: Encodable {
    let userId: String
    let name: String
    let sessions: Int
    let seconds: Int64
    let views: Int
  }

  struct Page: Encodable {
    let page: String
    let views: Int
    let members: Int
  }

  struct Devices: Encodable {
    let desktop: Int64
    let mobile: Int64
    let tablet: Int64
    let headless: Int64
  }

  let on: Bool
  let scope: String
  let from: String
  let to: String
  let sessions: Int
  let seconds: Int64
  @Nullable var averageSeconds: Int64?
  let views: Int
  let days: [Day]
  let hours: [Int64]
  let members: [Person]
  let pages: [Page]
  let devices: Devices

  init(_ view: AnalyticsView) {
    let report = view.report
    on = view.isOn
    scope = view.scope.rawValue
    from = view.range.lowerBound.description
    to = view.range.upperBound.description
    sessions = report.sessions
    seconds = report.seconds
    averageSeconds = report.average
    views = report.views
    days = report.days.map {
      Day(date: $0.day.description, sessions: $0.sessions, seconds: $0.seconds, members: $0.members)
    }
    hours = report.hours
    members = report.people.map {
      Person(
        userId: $0.member.description, name: view.names[$0.member] ?? "", sessions: $0.sessions, seconds: $0.seconds,
        views: $0.views)
    }
    pages = report.pages.map { Page(page: $0.page.text, views: $0.views, members: $0.members) }
    func time(at kind: DeviceKind) -> Int64 {
      DeviceKind.allCases.firstIndex(of: kind).map { report.kinds[$0] } ?? 0
    }
    devices = Devices(
      desktop: time(at: .desktop), mobile: time(at: .mobile), tablet: time(at: .tablet), headless: time(at: .headless))
  }
}
