import BullpenCore
import NIOCore
import Synchronization

/// The text of the presence that was told last: a thousand WebSockets are told the same, and it is made once.
final class PresenceTexts: Sendable {
  private let last = Mutex<(presence: MemberPresence, text: ByteBuffer)?>(nil)

  func text(of presence: MemberPresence) -> ByteBuffer {
    last.withLock { last in
      if let last, last.presence == presence { return last.text }
      let text = Self.make(presence)
      last = (presence, text)
      return text
    }
  }

  static func make(_ presence: MemberPresence) -> ByteBuffer {
    JSON.text(Envelope(type: "presence.update", id: nil, data: PresenceBody(presence)))
  }
}
