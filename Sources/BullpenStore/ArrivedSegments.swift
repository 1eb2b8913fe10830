import BullpenCore
import BullpenCrypto

/// Segments that came from a peer together.
public final class ArrivedSegments: Sendable {
  /// In the order of their numbers: so none waits for another of its log.
  let inOrder: [ArrivedSegment]

  /// - Parameter workspace: whose logs they are said to be of.
  public init(_ segments: [Segment], in workspace: WorkspaceID) {
    inOrder = segments.sorted { $0.first < $1.first }.map { ArrivedSegment($0, in: workspace) }
  }

  /// How many entries they hold.
  public var count: Int { inOrder.reduce(0) { $0 + $1.segment.entries.count } }

  /// Whether all were, be it that the proof failed.
  var isProved: Bool { inOrder.allSatisfy(\.isProved) }

  /// Proves them, so that the store need not: on another thread, while it merges what came before.
  public func prove() {
    for segment in inOrder { _ = segment.checked }
  }
}

/// One of them. Its proof is made once: by whoever asks first, and others wait for it.
final class ArrivedSegment: Sendable {
  let segment: Segment
  private let workspace: WorkspaceID
  /// Nil until it was asked for.
  private let proof = Locked<Verified<CheckedSegment>??>(nil)

  init(_ segment: Segment, in workspace: WorkspaceID) { (self.segment, self.workspace) = (segment, workspace) }

  var isProved: Bool { proof.read() != nil }

  /// Nil where the chain or the signature does not hold.
  var checked: Verified<CheckedSegment>? {
    proof.withValue { proof in
      if let proof { return proof }
      let made = Chain.check(segment, in: workspace)
      proof = .some(made)
      return made
    }
  }
}
