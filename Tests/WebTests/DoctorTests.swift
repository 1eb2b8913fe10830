import BullpenCore
import Testing

@testable import BullpenWeb

@Suite("The doctor's routes")
struct DoctorTests {
  static func ask(_ served: Served, _ body: JSONValue) async throws -> JoinTests.Events {
    let request = HTTP("POST", "/api/v1/doctor", body)
      .with("Authorization", "Bearer \(served.keys.commandToken)").with("Accept", "text/event-stream")
    return try await Wire.open(to: served.port) { wire in
      let head = request.head(port: served.port) + "Connection: close\r\n\r\n"
      try await wire.write(Array(head.utf8) + (request.body ?? []))
      return try await JoinTests.Events(reading: &wire)
    }
  }

  @Test("a report names the fault, with lines to run, and has the shape of its example")
  func report() async throws {
    try await Served.run { served async throws in
      let answer = try await served.api("POST", "/doctor", try PageTests.example("DoctorRequest"))
      // The example names another member than the one here.
      #expect((answer.status, answer.code ?? "") == (404, "not_found"))
      let bob = try await served.api("POST", "/doctor", ["user_id": .string(FakeWorkspace.bob.description)])
      #expect(bob.status == 200)
      let shape = try PageTests.example("DoctorReport").shape
      #expect(shape.symmetricDifference(bob.json.shape) == [])
      #expect(bob.json["is_well"] == .bool(false))
      #expect(bob.json["verdicts"]?[0]?["code"] == "firewall")
      #expect(bob.json["verdicts"]?[0]?["remedies"]?[0]?["tool"] == "ufw")
      #expect(bob.json["devices"]?[0]?["addresses"]?[0]?["outcome"] == "refused")
      let all = try await served.api("POST", "/doctor")
      #expect((all.status, all.json["user_id"]) == (200, .null))
    }
  }

  @Test("whoever listens hears each step, and last the report")
  func stream() async throws {
    try await Served.run { served async throws in
      let events = try await Self.ask(served, [:])
      #expect(events.head.lowercased().contains("content-type: text/event-stream"))
      #expect(events.phases() == ["looking", "trying", "failed", "concluding"])
      let last = try #require(events.all.last)
      #expect(last.name == "report")
      #expect(last.data["verdicts"]?[0]?["code"] == "firewall")
      let trying = try #require(events.all.first { $0.data["phase"] == "trying" })
      #expect(try trying.data == PageTests.example("DoctorStep"))
      let nobody = try await Self.ask(served, ["user_id": "00000000000000000000000000000000"])
      #expect(nobody.all.last?.name == "problem")
      #expect(nobody.all.last?.data["code"] == "not_found")
    }
  }

  @Test("the examination under way can be looked at, by apps that read; asking needs more")
  func look() async throws {
    try await Served.run { served async throws in
      #expect(try await served.api("GET", "/doctor").json == PageTests.example("Doctor"))
      let token = try await served.api("POST", "/tokens", ["name": "app", "scopes": ["read"]]).json["token"]
      let app = HTTP("POST", "/api/v1/doctor").with("Authorization", "Bearer \(token?.text ?? "")")
      #expect(try await served.ask(app).status == 403)
      let odd = try await served.api("POST", "/doctor", ["user_id": "Bob"])
      #expect((odd.status, odd.json["pointer"]) == (422, "/user_id"))
    }
  }
}
