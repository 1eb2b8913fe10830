import Foundation
import Synchronization
import Testing

@testable import bullpen

@Suite("The service of a person's own systemd")
struct UserUnitTests {
  /// A systemctl that knows one unit and keeps what it was asked.
  final class Session: Sendable {
    struct Unit {
      var load = "loaded"
      var file = "disabled"
      var activity = "inactive"
      var asked: [[String]] = []
    }
    let unit: Mutex<Unit>
    init(_ unit: Unit = Unit()) { self.unit = Mutex(unit) }

    var asked: [[String]] { unit.withLock { $0.asked } }

    func systemctl(_ words: [String]) -> UserUnit.Said {
      unit.withLock { unit in
        unit.asked.append(words)
        switch words[0] {
        case "enable":
          unit.file = "enabled"
          if words.contains("--now") { unit.activity = "active" }
        case "disable": (unit.file, unit.activity) = ("disabled", "inactive")
        default: break
        }
        let show = "LoadState=\(unit.load)\nActiveState=\(unit.activity)\nUnitFileState=\(unit.file)"
        return UserUnit.Said(code: 0, output: words[0] == "show" ? show : "", complaint: "")
      }
    }
  }

  @Test("it is enabled and disabled, and says how it is")
  func thereAndBack() throws {
    let session = Session()
    let unit = UserUnit(systemctl: session.systemctl)
    #expect(try unit.state() == UserUnit.State(isEnabled: false, isActive: false, activity: "inactive"))
    #expect(try unit.enable(now: true) == UserUnit.State(isEnabled: true, isActive: true, activity: "active"))
    #expect(try unit.disable(now: true) == UserUnit.State(isEnabled: false, isActive: false, activity: "inactive"))
    #expect(session.asked.contains(["enable", "--now", "bullpen.service"]))
    #expect(session.asked.contains(["disable", "--now", "bullpen.service"]))
  }

  @Test("a node that was started by hand is left in peace")
  func byHand() throws {
    let session = Session()
    let state = try UserUnit(systemctl: session.systemctl).enable(now: false)
    #expect(state == UserUnit.State(isEnabled: true, isActive: false, activity: "inactive"))
    #expect(session.asked.contains(["enable", "bullpen.service"]))
  }

  @Test("without a session, a unit or systemd the answer is a sentence and an exit code")
  func without() throws {
    let noBus = UserUnit.Said(code: 1, output: "", complaint: "Failed to connect to bus: No medium found")
    let deaf = UserUnit.Said(code: 1, output: "", complaint: "Failed to get properties: Process exited")
    let absent = Session(Session.Unit(load: "not-found"))
    let masked = Session(Session.Unit(load: "masked"))
    let cases: [(UserUnit, Failure.Code, String)] = [
      (UserUnit { _ in noBus }, .notRunning, "no systemd user session"),
      (UserUnit { _ in deaf }, .notRunning, "no systemd user session"),
      (UserUnit { _ in nil }, .notRunning, "no systemd user session"),
      (UserUnit(systemctl: absent.systemctl), .notRunning, "not installed"),
      (UserUnit(systemctl: masked.systemctl), .refused, "masked"),
    ]
    for (unit, code, sentence) in cases {
      let failure = try #require(throws: Failure.self) { try unit.enable(now: true) }
      #expect(failure.code == code)
      #expect(failure.message.contains(sentence))
      #expect(!failure.hint.isEmpty)
    }
    #expect(!absent.asked.contains { $0[0] == "enable" })
  }
}
