import BullpenCore
import NIOCore
import NIOWebSocket
import Synchronization

/// What waits to be sent to one client, in order, and bounded.
///
/// Of what has a kind only the newest waits, at the place of its own time: whoever reads slowly misses steps of a
/// cursor, never its end. When the rest grows past the bound, everything is dropped but a farewell.
final class Outbox: Sendable {
  /// What replaces what.
  enum Kind: Hashable, Sendable {
    case cursor(RoomID, DeviceID)
    case presence(MemberID)
    case count, members, connections, resync, workspace, settings
  }

  fileprivate struct Item {
    let kind: Kind?
    let frame: WebSocketFrame
  }

  fileprivate struct State {
    /// By number, ascending; numbers in `order` that are not in `items` were replaced.
    var items: [UInt64: Item] = [:]
    var order: [UInt64] = []
    /// How much of `order` is taken.
    var taken = 0
    var next: UInt64 = 0
    var newest: [Kind: UInt64] = [:]
    var bytes = 0
    var isClosing = false
    var isFinished = false
    /// Whether somebody comes for what waits.
    var isFetched = false
    var speaker: (@Sendable () -> Void)?
    var ends: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())
  /// Called once when the client was too slow.
  private let tooSlow: @Sendable () -> Void

  init(tooSlow: @escaping @Sendable () -> Void) { self.tooSlow = tooSlow }

  func send(_ text: ByteBuffer, kind: Kind? = nil) {
    put(WebSocketFrame(fin: true, opcode: .text, data: text), kind: kind)
  }

  func pong(_ data: ByteBuffer) { put(WebSocketFrame(fin: true, opcode: .pong, data: data), kind: nil) }
  func ping() { put(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer()), kind: nil) }

  /// The last frame: what comes later is dropped.
  func close(_ code: WebSocketErrorCode, reason: String = "") {
    var data = ByteBuffer()
    data.write(webSocketErrorCode: code)
    data.writeString(reason)
    put(WebSocketFrame(fin: true, opcode: .connectionClose, data: data), kind: nil)
  }

  private func put(_ frame: WebSocketFrame, kind: Kind?) {
    let (speaker, isSlow) = state.withLock { state -> ((@Sendable () -> Void)?, Bool) in
      guard !state.isClosing, !state.isFinished else { return (nil, false) }
      state.add(Item(kind: kind, frame: frame))
      state.isClosing = frame.opcode == .connectionClose
      let isSlow = state.items.count > WebBounds.waitingEnvelopes || state.bytes > WebBounds.waitingBytes
      if isSlow {
        state.drop()
        var data = ByteBuffer()
        data.write(webSocketErrorCode: .unknown(1013))
        data.writeString("too slow")
        state.add(Item(kind: nil, frame: WebSocketFrame(fin: true, opcode: .connectionClose, data: data)))
        state.isClosing = true
      }
      return (state.call(), isSlow)
    }
    speaker?()
    if isSlow { tooSlow() }
  }

  // MARK: - Speaking

  /// Calls whoever takes what waits, once each time that there is something again.
  func onNews(_ speaker: @escaping @Sendable () -> Void) {
    let call = state.withLock { state in
      guard !state.isFinished else { return nil as (@Sendable () -> Void)? }
      state.speaker = speaker
      return state.items.isEmpty ? nil : state.call()
    }
    call?()
  }

  /// The next frame; nil when none waits.
  func take() -> WebSocketFrame? {
    state.withLock { state in
      guard let item = state.take() else {
        state.isFetched = false
        return nil
      }
      return item.frame
    }
  }

  /// Nothing more is sent, not even what waits.
  func finish() {
    let ends = state.withLock { state in
      state.isFinished = true
      state.speaker = nil
      state.drop()
      defer { state.ends = [] }
      return state.ends
    }
    for end in ends { end.resume() }
  }

  /// Returns when it is finished.
  func ended() async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if !state.isFinished { state.ends.append(continuation) }
        return state.isFinished
      }
      if isOver { continuation.resume() }
    }
  }
}

extension Outbox.State {
  /// The speaker, unless it comes already.
  fileprivate mutating func call() -> (@Sendable () -> Void)? {
    guard !isFetched, let speaker else { return nil }
    isFetched = true
    return speaker
  }

  fileprivate mutating func add(_ item: Outbox.Item) {
    if let kind = item.kind {
      if let earlier = newest[kind], let replaced = items.removeValue(forKey: earlier) {
        bytes -= replaced.frame.data.readableBytes
      }
      newest[kind] = next
    }
    items[next] = item
    order.append(next)
    bytes += item.frame.data.readableBytes
    next += 1
    // Replaced numbers must not pile up while a client reads nothing.
    if order.count > 2 * items.count + 64 {
      order = order[taken...].filter { items[$0] != nil }
      taken = 0
    }
  }

  fileprivate mutating func take() -> Outbox.Item? {
    while taken < order.count {
      let number = order[taken]
      taken += 1
      guard let item = items.removeValue(forKey: number) else { continue }
      if let kind = item.kind { newest[kind] = nil }
      bytes -= item.frame.data.readableBytes
      return item
    }
    order.removeAll(keepingCapacity: true)
    taken = 0
    return nil
  }

  fileprivate mutating func drop() {
    items = [:]
    order = []
    taken = 0
    newest = [:]
    bytes = 0
  }
}
