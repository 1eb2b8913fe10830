import ArgumentParser

/// A decoder that a stranger, or a member's modified node, can reach with bytes of its choice.
///
/// A run is a function of the target's fresh state and the bytes: the same bytes find the same thing again.
protocol FuzzTarget: AnyObject {
  static var name: String { get }
  static var form: InputForm { get }
  /// Valid inputs, made through the codecs, from which all others come.
  static func seeds() -> [[UInt8]]
  /// Words that the decoder looks for.
  static var words: [[UInt8]] { get }
  init() throws
  /// Gives the bytes to the decoder and looks at what comes of them.
  ///
  /// - Returns: in a word, what it was taken for. An input that is the first of its kind is kept and mutated further.
  /// - Throws: `Finding`, when a property does not hold.
  func run(_ bytes: [UInt8]) throws -> String
}

extension FuzzTarget {
  static var words: [[UInt8]] { [] }
}

/// What the bytes of an input are, so that a mutation can keep to their structure, or break it on purpose.
enum InputForm: Sendable {
  case bytes, protobuf, text
}

/// A property that does not hold, in a sentence.
struct Finding: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

func require(_ holds: Bool, _ sentence: @autoclosure () -> String) throws(Finding) {
  guard holds else { throw Finding(sentence()) }
}

enum FuzzTargets {
  static var all: [any FuzzTarget.Type] {
    [
      DatagramTarget.self, DatagramBodyTarget.self, FrameTarget.self, MessageTarget.self, GreetingTarget.self,
      SessionTarget.self, StatementTarget.self, MembershipTarget.self, ChangeTarget.self, SegmentTarget.self,
      StoreTarget.self, CertificateTarget.self, InviteTarget.self, TextRecordTarget.self, BackupTarget.self,
      PageTarget.self, RepairTarget.self, HTTPTarget.self, WebSocketTarget.self,
    ]
  }

  static func named(_ name: String) -> (any FuzzTarget.Type)? { all.first { $0.name == name } }

  /// The one that somebody names on the command line.
  static func asked(_ name: String) throws -> any FuzzTarget.Type {
    guard let target = named(name) else { throw ValidationError("There is no target \(name).") }
    return target
  }
}
