/// What was given by hand and leads to nobody who is known.
extension Diagnosis {
  static func given(_ symptoms: Symptoms) -> [Verdict] {
    // Where nobody is missed, it has done its work or is not needed.
    return symptoms.given.compactMap { given in
      let beginning = "`--peer \(given.text)` leads to nobody of this workspace. "
      let severity: Verdict.Severity = symptoms.isAnybodyMissed ? .warning : .note
      guard !given.addresses.isEmpty else {
        return Verdict(
          .givenUnanswered, severity, beginning + "The name has no address.",
          hint: "Is it spelt right? An address in numbers, such as 192.168.1.20:4781, needs nobody to look it up.")
      }
      let judged = given.addresses.compactMap(judge)
      // One that answers is enough.
      guard judged.count == given.addresses.count, let first = judged.first else { return nil }
      return Verdict(
        .givenUnanswered, severity, beginning + first.detail, hint: first.hint, remedies: first.remedies)
    }
  }

  /// Why nobody of the workspace answers there; nil where somebody does, or it was not tried.
  private static func judge(_ address: Symptoms.Address) -> (detail: String, hint: String, remedies: [Remedy])? {
    let (endpoint, place) = (address.endpoint, address.endpoint.host)
    switch address.outcome {
    case .notTried, .reached, .otherDevice: return nil
    case .failed(.otherVersion):
      return (
        "The node at \(place) speaks another version of the protocol.",
        "Install the same version of Bullpen on both machines.", []
      )
    case .failed(.unknownWorkspace), .failed(.wasMember):
      return (
        "The node at \(endpoint) is not in it, or does not take this device for one of it.",
        "Whoever sits there joins by an invite: `bullpen invite`.", []
      )
    case .failed(.brokenOff):
      return ("The node at \(place) broke off while the two greeted one another.", "Try again.", [])
    case .failed(.thisMachine):
      return ("That is this node itself.", "Give it the address of another machine.", [])
    case .failed(let outcome):
      let cause = JoinDiagnosis(JoinAttempt(endpoint, .given, outcome, facts: address.facts))
      let hint =
        switch cause.cause {
        case .nodeNotRunning:
          "Run `bullpen up` on that machine. If it runs already, look there for its port: `bullpen status`."
        case .notBullpen:
          "Another program has that port there. `bullpen status` on that machine says which port is its node's."
        default: cause.hint
        }
      return (cause.detail, hint, cause.remedies)
    }
  }
}
