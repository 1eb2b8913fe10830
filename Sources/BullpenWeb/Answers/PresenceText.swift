import BullpenCore
import NIOCore

/// What members show, by hand: the same bytes as those of `PresenceBody`, for a small part of the time. A program asks
/// about a whole office at once, and does so often.
enum PresenceText {
  /// As `ItemsBody`.
  static func items(_ presences: [MemberPresence]) -> ByteBuffer {
    var text = ByteBufferAllocator().buffer(capacity: 512 * (presences.count + 1))
    text.write("{\"items\":", list: presences) { write($0, to: &$1) }
    text.write("}")
    return text
  }

  /// Keys in ascending order.
  private static func write(_ presence: MemberPresence, to text: inout ByteBuffer) {
    text.write("{\"clears_at\":", presence.clearsAt)
    text.write(",\"colour\":", presence.colour)
    text.write(",\"current_page\":", quoted: presence.page?.page.map(String.init))
    text.write(",\"custom_emoji\":", quoted: presence.customEmoji)
    text.write(",\"custom_status\":", quoted: presence.customStatus)
    text.write(",\"devices\":", list: presence.devices) { write($0, to: &$1) }
    text.write(",\"last_seen\":", presence.lastSeen)
    text.write(",\"rooms\":", list: presence.rooms) { $1.writeQuoted($0.name) }
    text.write(",\"sightings\":", list: presence.sightings) { write($0, to: &$1) }
    text.write(",\"silent_for\":", presence.silentFor)
    text.write(",\"status\":", quoted: presence.status.name)
    text.write(",\"typing\":", quoted: presence.typing?.name)
    text.write(",\"user_id\":", hex: presence.member.bytes)
    text.write("}")
  }

  private static func write(_ device: MemberPresence.Device, to text: inout ByteBuffer) {
    text.write("{\"device_id\":", hex: device.device.bytes)
    text.write(",\"kind\":", quoted: device.kind.name)
    text.write(",\"rooms\":", list: device.rooms) { $1.writeQuoted($0.name) }
    text.write(",\"status\":", quoted: device.status.name)
    text.write("}")
  }

  private static func write(_ sighting: LastSeen, to text: inout ByteBuffer) {
    text.write("{\"device_id\":", hex: sighting.device.bytes)
    text.write(",\"last_activity\":", quoted: sighting.activity?.name)
    text.write(",\"last_page\":", quoted: sighting.page.map { $0.page.map(String.init) ?? $0.name })
    text.write(",\"last_seen\":", sighting.last)
    if let witness = sighting.witness {
      text.write(",\"said_by\":", hex: witness.bytes)
    } else {
      text.write(",\"said_by\":null")
    }
    text.write(",\"session_duration\":", sighting.duration)
    text.write("}")
  }
}
