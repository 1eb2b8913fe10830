import BullpenCore
import BullpenNode
import Testing

/// Real nodes on loopback. Time passes by itself here, so that sums are small.
@Suite("What is counted of how a workspace is used", .timeLimit(.minutes(3)))
struct AnalyticsTests {
  @Test("off until an admin turns it on and the person knows; then its sums reach the admins, and nobody else")
  func whole() async throws {
    let home = Laptop.freshHome()
    defer { Laptop.forget(home) }
    try await Laptop.run { ada in
      let office = try await ada.found()
      let door = try await office.invite(uses: 2)
      try await Laptop.run { eve in
        let eves = try await eve.join(door, as: "Eve Marsh")
        let bobID = try await Laptop.run(at: home) { bob in
          let bobs = try await bob.join(door, as: "Bob Underwood")
          try await become(Status.online, in: office) { try? await office.presence(of: bobs.me().id).status }
          _ = try await bobs.setPresenceSettings(PresenceSettingsChange(showsPage: true))
          let view = try await bobs.attach()
          try await view.join(RoomID("page:/early")!, kind: .desktop)
          #expect(try await bobs.presenceSettings().analytics == AnalyticsState())
          let refused = await #expect(throws: NodeError.self) { _ = try await bobs.setAnalytics(on: true) }
          #expect(refused?.code == .forbidden)
          let untold = await #expect(throws: NodeError.self) { _ = try await bobs.noteToldOfAnalytics() }
          #expect(untold?.code == .conflict)

          let adas = try await office.setAnalytics(on: true).analytics
          #expect(adas.isOn && adas.isTold && adas.isCounted, "whoever turns it on knows")
          try await become(true, in: bobs) { try await bobs.presenceSettings().analytics.isOn }
          let state = try await bobs.presenceSettings().analytics
          #expect(!state.isTold && !state.isCounted)
          let adaID = try await office.me().id
          #expect(state.by == adaID && state.readers == [adaID])
          try await view.join(RoomID("page:/before")!, kind: .desktop)
          #expect(try await bobs.analytics(AnalyticsQuery()).report.views == 0, "not before he knows")

          #expect(try await bobs.noteToldOfAnalytics().analytics.isCounted)
          #expect(try await bobs.presenceSettingsHistory(after: nil, limit: 1).rows.first?.changed == [.analytics])
          try await view.join(RoomID("page:/plan?of=eve")!, kind: .mobile)
          let mine = try await bobs.analytics(AnalyticsQuery())
          #expect(mine.scope == .me && mine.report.pages.map(\.page.text) == ["/before", "/plan"])
          await view.detach()
          return try await bobs.me().id
        }
        let closed = await #expect(throws: NodeError.self) { _ = try await eves.analytics(AnalyticsQuery(scope: .all)) }
        #expect(closed?.code == .forbidden)
        #expect(try await eves.analytics(AnalyticsQuery()).parts.isEmpty)

        try await Laptop.run(at: home) { bob in
          // When his node stopped it shared what it had counted.
          try await become(["/before", "/plan"], in: office) {
            let report = try await office.analytics(AnalyticsQuery(scope: .all)).report
            return report.people.contains { $0.member == bobID } ? report.pages.map(\.page.text).sorted() : nil
          }
          let bobs = try await bob.workspace
          #expect(try await bobs.presenceSettings().analytics.isTold, "kept over a restart")
          #expect(try await bobs.analytics(AnalyticsQuery()).report.views == 2)
          // Appearing offline he is not counted, and what was is his to erase.
          _ = try await bobs.setPresenceSettings(PresenceSettingsChange(appearsOffline: true))
          #expect(try await !bobs.presenceSettings().analytics.isCounted)
          #expect(try await bobs.eraseAnalytics() == 1)
          #expect(try await bobs.analytics(AnalyticsQuery()).report.people.isEmpty)
          try await become(false, in: office) {
            try await office.analytics(AnalyticsQuery(scope: .all)).report.people.contains { $0.member == bobID }
          }
        }
        // Turned on anew, each person is told anew.
        #expect(try await !office.setAnalytics(on: false).analytics.isCounted)
        #expect(try await office.setAnalytics(on: true).analytics.isCounted)
        try await become(false, in: eves) {
          let state = try await eves.presenceSettings().analytics
          return state.isOn ? state.isTold : nil
        }
      }
    }
  }

  @Test("a range that is none, or longer than anything is kept, is refused")
  func ranges() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let day = try #require(CalendarDay("2026-11-22"))
      for (from, to) in [(day, day.advanced(by: -1)), (day.advanced(by: -90), day)] {
        let refused = await #expect(throws: NodeError.self) {
          _ = try await office.analytics(AnalyticsQuery(from: from, to: to))
        }
        #expect(refused?.code == .invalid)
      }
      let view = try await office.analytics(AnalyticsQuery(from: day.advanced(by: -89), to: day))
      #expect(view.report.days.count == 90 && view.report.people.isEmpty && !view.isOn)
    }
  }
}
