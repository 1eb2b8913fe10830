import BullpenCore
import Foundation
import Testing

@testable import bullpen

@Suite("What `bullpen doctor` prints")
struct DoctorTests {
  @Test("where no node runs, it says so, and what else this machine shows")
  func notRunning() throws {
    let failure = Failure(.notRunning, "No node is running with the home /h.", hint: "Start it with `bullpen up`.")
    let verdict = try #require(DoctorCommand.verdict(failure))
    let down = Symptoms.Interface("eth0", isUp: false)
    let answer = DoctorAnswer(verdict, [down])
    #expect(answer.verdicts.map(\.code) == ["not_running", "interface_down"])
    #expect(!answer.isWell)
    #expect(answer.lines.first == "✗ No node is running with the home /h.")
    #expect(answer.lines[1] == "  Start it with `bullpen up`.")
    #expect(answer.lines.contains("      sudo ip link set eth0 up"))
    #expect(answer.interfaceRows == [["eth0", "down", "", "", "", ""]])
  }

  @Test("that this device was removed is why nobody is seen; other refusals are told as they are")
  func removed() {
    var failure = Failure(
      .forbidden, "Ada removed this device from “Harbour Desk”.", hint: "Ask them.", word: "removed")
    #expect(DoctorCommand.verdict(failure)?.code == .removed)
    failure.word = "forbidden"
    #expect(DoctorCommand.verdict(failure) == nil)
    #expect(DoctorCommand.verdict(Failure(.refused, "Nobody here is called “Zed”.")) == nil)
  }

  @Test("addresses are told with what named them, and interfaces with what passed")
  func rows() throws {
    let report = """
      {"is_well": true, "verdicts": [{"code": "nothing_wrong", "severity": "well", "detail": "Fine.", "hint": "",
       "remedies": [], "device_id": null, "user_id": null}],
       "interfaces": [{"name": "eth0", "kind": "link", "is_up": true, "addresses": ["10.77.0.1"],
       "sent": {"packets": 3, "bytes": 300}, "heard": null, "mdns": "heard", "services": 2}],
       "devices": [{"device_id": "0e0e0e0e0e", "user_id": "b0", "is_connected": true, "addresses":
       [{"endpoint": "10.77.0.2:4781", "sources": ["mdns"], "outcome": "not_tried", "text": "not tried"}]}]}
      """
    let answer = try JSONDecoder.api.decode(DoctorAnswer.self, from: Data(report.utf8))
    #expect(answer.lines == ["✓ Fine."])
    #expect(answer.interfaceRows == [["eth0", "up", "10.77.0.1", "sent 3", "", "mDNS heard, shows 2"]])
    #expect(answer.addressRows(["b0": "Bob"]) == [["Bob", "0e0e0e0e", "10.77.0.2:4781", "connected", "mdns"]])
  }
}
