import Foundation

/// How the person at this terminal gets to the view, and what keeps the node running: lines for people.
enum WayIn {
  /// Whether a word may be an invite, of this version's form or a later one's. What is wrong with it is the view's to
  /// say, where the person can mend it.
  static func isInvite(_ word: String) -> Bool {
    word.utf8.count <= 4_096 && word.lowercased().wholeMatch(of: /(bullpen:(\/\/)?)?bullpen[0-9][a-z0-9]*/) != nil
  }

  /// A login link to a view that asks first about an invite; behind the `#`, so that no request carries it.
  static func link(_ link: String, with invite: String?) -> String {
    invite.map { "\(link)&invite=\($0.lowercased())" } ?? link
  }

  /// Where the person came by SSH there is no browser here, and the view answers to this machine alone: a forwarded
  /// port brings it to theirs. Empty where they sit here.
  static func bySSH(
    to link: String, _ environment: [String: String] = ProcessInfo.processInfo.environment,
    user: String = NSUserName()
  ) -> [String] {
    // Client's address and port, this machine's address and port.
    let ends = (environment["SSH_CONNECTION"] ?? "").split(separator: " ")
    guard ends.count == 4, environment["DISPLAY"] == nil, environment["WAYLAND_DISPLAY"] == nil,
      let port = URL(string: link)?.port
    else { return [] }
    let other = ends[3] == "22" ? "" : "-p \(ends[3]) "
    return [
      "You are here by SSH. On the machine before you, run this and leave it open; the link works there then:",
      "  ssh -N -L \(port):127.0.0.1:\(port) \(other)\(user)@\(ends[2])",
    ]
  }

  /// What ends a node that was started in a terminal.
  static func whileOpen(_ service: UserUnit.State?) -> [String] {
    var lines = ["It runs until you press Ctrl-C or close this terminal."]
    if let service, !service.isEnabled {
      lines.append("`bullpen service enable` starts it whenever you log in, without a terminal.")
    }
    return lines
  }
}
