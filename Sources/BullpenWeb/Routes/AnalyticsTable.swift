import BullpenCore
import BullpenNode

/// What was counted, as a table for a spreadsheet (RFC 4180): one number a line, with the day that it is about.
struct AnalyticsTable {
  private(set) var lines = ["date,measure,key,name,value"]

  init(_ view: AnalyticsView) {
    let byDay = Dictionary(grouping: view.parts) { $0.part.day }
    for day in byDay.keys.sorted() where view.range.contains(day) {
      add(PresenceReport(byDay[day] ?? [], over: day...day), view.names)
    }
  }

  /// Lines end as the RFC wants it.
  var text: String { lines.map { $0 + "\r\n" }.joined() }

  private mutating func add(_ report: PresenceReport, _ names: [MemberID: String]) {
    let date = report.range.lowerBound.description
    func line(_ measure: String, of key: String = "", named name: String = "", _ value: Int64) {
      guard value > 0 else { return }
      lines.append([date, measure, Self.field(key), Self.field(name), String(value)].joined(separator: ","))
    }
    line("sessions", Int64(report.sessions))
    line("seconds", report.seconds)
    line("members", Int64(report.people.count))
    for (hour, seconds) in report.hours.enumerated() {
      line("hour_seconds", of: hour < 10 ? "0\(hour)" : "\(hour)", seconds)
    }
    for (kind, seconds) in zip(DeviceKind.allCases, report.kinds) { line("device_seconds", of: kind.name, seconds) }
    for page in report.pages {
      line("page_views", of: page.page.text, Int64(page.views))
      line("page_members", of: page.page.text, Int64(page.members))
    }
    for person in report.people {
      let (id, name) = (person.member.description, names[person.member] ?? "")
      line("member_sessions", of: id, named: name, Int64(person.sessions))
      line("member_seconds", of: id, named: name, person.seconds)
      line("member_views", of: id, named: name, Int64(person.views))
    }
  }

  /// A field that a spreadsheet takes for text, whatever is in it: what begins like a formula gets an apostrophe.
  static func field(_ text: String) -> String {
    let harmless = text.first.map { "=+-@\t\r".contains($0) } == true ? "'" + text : text
    guard harmless.contains(where: { ",\"\n\r\r\n".contains($0) }) else { return harmless }
    return "\"" + harmless.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
