/// Why a device goes on in a history of its own.
public enum NewBeginning: Hashable, Sendable {
  /// Its database is in another place than when it was open last, or has none: it was restored, copied, moved or rebuilt.
  case moved
  /// The end of what the device had told was missing from it.
  case setBack
}

/// What a device had written, lacked, and has got back from others.
public struct Regained: Hashable, Sendable {
  public private(set) var entries: Int
  /// When the first and the last of them were written, in Unix milliseconds.
  public private(set) var from: Int64
  public private(set) var to: Int64

  public init(entries: Int, from: Int64, to: Int64) {
    self.entries = entries
    self.from = from
    self.to = to
  }

  public static func + (a: Regained, b: Regained?) -> Regained {
    guard let b else { return a }
    return Regained(entries: a.entries + b.entries, from: min(a.from, b.from), to: max(a.to, b.to))
  }
}

/// What a person is told, for a while, of a device that began anew or has its own entries back.
public struct RecoveryNotice: Hashable, Sendable {
  public var beginning: NewBeginning?
  public var regained: Regained?
  /// Whether it writes a history of its own since.
  public var isAnew: Bool

  /// Nil where nothing is worth saying.
  public init?(_ beginning: NewBeginning?, _ regained: Regained?, isAnew: Bool) {
    guard beginning != nil || regained != nil else { return nil }
    self.beginning = beginning
    self.regained = regained
    self.isAnew = isAnew
  }

  public var detail: String {
    let why: String? =
      switch beginning {
      case .moved: "The database was restored, copied, moved or rebuilt since the node ran last."
      case .setBack: "The end of what this device had written was missing when its node began."
      case nil: nil
      }
    let anew = isAnew ? "So that nothing is signed twice, this device goes on in a history of its own." : nil
    return [why, back, anew].compactMap { $0 }.joined(separator: " ")
  }

  private var back: String {
    guard let regained else { return "What it wrote and lacks comes back from the others, as far as they have it." }
    let (from, to) = (CalendarDay(local: regained.from), CalendarDay(local: regained.to))
    let when = from == to ? "of \(from)" : "of \(from) to \(to)"
    return regained.entries == 1
      ? "1 entry \(when) that this device had written was missing here and has come back from the others."
      : "\(regained.entries) entries \(when) that this device had written were missing here and have come back from the "
        + "others."
  }

  public var hint: String { "`bullpen verify` says whether all is right here." }
}
