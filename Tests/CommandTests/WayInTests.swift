import Testing

@testable import bullpen

@Suite("The way to the view from a terminal")
struct WayInTests {
  private let link = "http://127.0.0.1:4790/login#t=abc"

  @Test("who came by SSH is told the line that brings the view to their own machine")
  func ssh() {
    let lines = WayIn.bySSH(to: link, ["SSH_CONNECTION": "192.0.2.5 51000 192.0.2.7 22"], user: "ada")
    #expect(lines.last == "  ssh -N -L 4790:127.0.0.1:4790 ada@192.0.2.7")
    let other = WayIn.bySSH(to: link, ["SSH_CONNECTION": "2001:db8::5 51000 2001:db8::7 2222"], user: "ada")
    #expect(other.last == "  ssh -N -L 4790:127.0.0.1:4790 -p 2222 ada@2001:db8::7")
  }

  @Test(
    "who sits at the machine, or has its display, is not",
    arguments: [
      [:], ["SSH_CONNECTION": "192.0.2.5 51000 192.0.2.7 22", "DISPLAY": "localhost:10.0"], ["SSH_CONNECTION": "odd"],
    ])
  func here(environment: [String: String]) {
    #expect(WayIn.bySSH(to: link, environment, user: "ada").isEmpty)
  }

  @Test(
    "an invite is handed to the view behind the login, and nothing else is taken for one",
    arguments: [
      ("bullpen1abc234", true), ("bullpen:bullpen1abc", true), ("BULLPEN:BULLPEN1ABC", true),
      ("bullpen://bullpen1abc", true), ("bullpen2abc", true), ("bullpen1a&t=b", false), ("bullpen", false),
      ("bullpen1 abc", false), ("", false), ("now", false),
    ])
  func invite(word: String, isInvite: Bool) {
    #expect(WayIn.isInvite(word) == isInvite)
    #expect(WayIn.link(link, with: nil) == link)
    #expect(WayIn.link(link, with: "BULLPEN:bullpen1abc") == link + "&invite=bullpen:bullpen1abc")
  }

  @Test("the service is offered to who could have it and has not")
  func service() {
    func lines(_ isEnabled: Bool?) -> String {
      WayIn.whileOpen(isEnabled.map { UserUnit.State(isEnabled: $0, isActive: false, activity: "inactive") })
        .joined(separator: " ")
    }
    #expect(lines(false).contains("bullpen service enable"))
    #expect(!lines(true).contains("service") && !lines(nil).contains("service"))
    #expect(lines(nil).contains("close this terminal"))
  }
}
