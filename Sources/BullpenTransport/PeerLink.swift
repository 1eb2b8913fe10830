import BullpenCore
import NIOCore
import Synchronization

/// What threads outside a connection's event loop share with it: bytes that wait, bytes that were read and not
/// dealt with, and why it ends.
final class PeerLink: Sendable {
  private struct State {
    var waiting: [[UInt8]] = []
    /// Waiting here or under way in the socket.
    var outbound = 0
    var isDraining = false
    var unhandled = 0
    var isPaused = false
    var ending: CloseReason?
  }

  /// Asks the handler to close the socket without ceremony.
  struct Abort: Sendable {}

  /// What a message costs beside its bytes, so that many small ones count.
  private static let overhead = 256

  let id: ConnectionID
  let remote: Endpoint
  let isInbound: Bool
  let channel: any Channel
  private let onGreeted: @Sendable () -> Void
  private let state = Mutex(State())

  init(
    id: ConnectionID, remote: Endpoint, isInbound: Bool, channel: any Channel, onGreeted: @escaping @Sendable () -> Void
  ) {
    self.id = id
    self.remote = remote
    self.isInbound = isInbound
    self.channel = channel
    self.onGreeted = onGreeted
  }

  // MARK: - Out

  func send(_ frame: [UInt8]) {
    enum Next { case nothing, drain, abort }
    let next: Next = state.withLock { state in
      guard state.ending == nil else { return .nothing }
      guard state.outbound + frame.count <= Limits.outboundBytes else { return .abort }
      state.outbound += frame.count
      state.waiting.append(frame)
      defer { state.isDraining = true }
      return state.isDraining ? .nothing : .drain
    }
    switch next {
    case .nothing: break
    case .drain: channel.eventLoop.execute { self.drain() }
    case .abort: abort(.slowReader)
    }
  }

  /// On the event loop: everything that waits goes out with one flush.
  private func drain() {
    let frames = state.withLock { state in
      state.isDraining = false
      defer { state.waiting = [] }
      return state.waiting
    }
    guard !frames.isEmpty else { return }
    let bytes = frames.reduce(0) { $0 + $1.count }
    var buffer = channel.allocator.buffer(capacity: bytes)
    for frame in frames { buffer.writeBytes(frame) }
    channel.writeAndFlush(buffer).whenComplete { _ in self.state.withLock { $0.outbound -= bytes } }
  }

  // MARK: - In

  var isPaused: Bool { state.withLock { $0.isPaused } }

  func received(_ bytes: Int) -> Receipt {
    let cost = bytes + Self.overhead
    state.withLock {
      $0.unhandled += cost
      if $0.unhandled >= Limits.inboundBytes { $0.isPaused = true }
    }
    return Receipt { [weak self] in self?.handled(cost) }
  }

  private func handled(_ cost: Int) {
    let resumes = state.withLock {
      $0.unhandled -= cost
      guard $0.isPaused, $0.unhandled < Limits.inboundBytes / 2 else { return false }
      $0.isPaused = false
      return true
    }
    if resumes { channel.read() }
  }

  // MARK: - End

  func greeted() { onGreeted() }

  /// The reason that was decided here; nil while the other side may still give one.
  var ending: CloseReason? { state.withLock { $0.ending } }

  /// After what waits. The first reason stands.
  func close() {
    guard end(.local) else { return }
    channel.eventLoop.execute {
      self.drain()
      self.channel.close(promise: nil)
    }
  }

  func abort(_ reason: CloseReason) {
    guard end(reason) else { return }
    channel.triggerUserOutboundEvent(Abort(), promise: nil)
  }

  private func end(_ reason: CloseReason) -> Bool {
    state.withLock {
      guard $0.ending == nil else { return false }
      $0.ending = reason
      return true
    }
  }
}
