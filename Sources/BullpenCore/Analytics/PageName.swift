/// A page as it is counted: its path, without all that may say more than which page it is. What is dropped here is
/// dropped before anything is kept.
public struct PageName: Hashable, Comparable, Sendable {
  /// What stands for a part that was dropped.
  private static let dropped: Substring = "*"
  /// After one of these comes who it is about.
  private static let naming: Set<String> = [
    "account", "accounts", "contact", "contacts", "member", "members", "people", "person", "profile", "profiles", "u",
    "user", "users",
  ]

  /// 1 to `Limits.pageNameBytes` bytes.
  public let text: String

  /// Takes the path up to a query or a fragment. A part that may be a name, a number or a key becomes `*`, and what lies
  /// deeper than `Limits.pageNameParts` is one more. Nil where nothing is left.
  public init?(_ page: some StringProtocol) {
    let path = page.prefix { !"?#;".contains($0) }
    var parts: [Substring] = []
    var namesNext = false
    for part in Substring(path).split(separator: "/") {
      let kept = namesNext || Self.isPrivate(part) ? Self.dropped : part
      namesNext = Self.naming.contains(part.lowercased())
      if kept == Self.dropped, parts.last == Self.dropped { continue }
      guard parts.count < Limits.pageNameParts else {
        if parts.last != Self.dropped { parts.append(Self.dropped) }
        break
      }
      parts.append(kept)
    }
    let root = path.hasPrefix("/") ? "/" : ""
    var name = root + parts.joined(separator: "/")
    while name.utf8.count > Limits.pageNameBytes, !parts.isEmpty {
      parts.removeLast()
      name = root + parts.joined(separator: "/")
    }
    guard !name.isEmpty, name != "*" else { return nil }
    text = name
  }

  public static func < (a: PageName, b: PageName) -> Bool { a.text < b.text }

  /// Words are kept: letters, hyphens, underlines, points, and a few digits as in `q3`. A longer number may be anybody's,
  /// and so may what looks like a key, an address, or something that was typed.
  private static func isPrivate(_ part: Substring) -> Bool {
    guard part.utf8.count <= Limits.pageNamePartBytes, !part.allSatisfy({ $0 == "." }),
      part.allSatisfy({ $0.isLetter || isDigit($0) || "-_.".contains($0) })
    else { return true }
    let digits = part.count(where: isDigit)
    return digits >= 4 || (digits > 0 && part.count >= 8 && part.allSatisfy(\.isHexDigit))
  }

  private static func isDigit(_ character: Character) -> Bool { character.isNumber }
}
