import Testing

@testable import BullpenWeb

@Suite("When others were seen, by the local API")
struct SightingRouteTests {
  @Test("who says when somebody was seen is told with it")
  func sightings() async throws {
    try await Served.run { served async throws in
      let seen = try await served.api("GET", "/presence/\(FakeWorkspace.bob)").json["sightings"]?[0]
      #expect((seen?["last_page"], seen?["last_activity"], seen?["said_by"]) == ("/plan", "typing", RouteTests.bob))
    }
  }
}
