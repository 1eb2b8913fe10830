/// One instance as heard on one interface.
struct Station: Hashable, Comparable, Sendable {
  let instance: String
  let interface: UInt32

  static func < (a: Station, b: Station) -> Bool {
    a.interface != b.interface ? a.interface < b.interface : a.instance < b.instance
  }
}

/// The protocol that an mDNS packet came by. It says nothing about the kind of address inside.
enum Family: UInt8, Hashable, Sendable {
  case ipv4, ipv6
}

/// What the SRV and TXT records of a station say.
struct ServiceRecord: Hashable, Sendable {
  let host: String
  let port: UInt16
  let txt: [String: String]
}

/// What a responder heard. Callbacks only note it down; it is judged after Avahi has returned, so that nothing
/// is freed or made in the middle of Avahi's own work.
enum News: Sendable {
  /// Publishing may begin (again).
  case ready
  /// The responder's host name is in doubt; whatever was published is void until it is ready again.
  case unready
  /// The responder is dead and must be closed. A sentence.
  case failed(String)
  /// Another host has the responder's host name.
  case hostTaken
  /// The instance name is ours on every interface.
  case published
  /// Another host has the instance name.
  case taken
  /// The publication was refused. A sentence.
  case refused(String)
  case appeared(Station, Family)
  case vanished(Station, Family)
  case resolved(Station, ServiceRecord)
  case unresolved(Station)
  case address(Station, [UInt8], Family, isPresent: Bool)
}

/// Where callbacks put their news.
///
/// Avahi's loop handles one packet, one D-Bus message or one scan of its own bounded cache (4,096 records an
/// interface) before it returns and the box is emptied, so the box needs no bound of its own.
final class Inbox {
  private var news: [News] = []

  var isEmpty: Bool { news.isEmpty }

  func put(_ item: News) { news.append(item) }

  func take() -> [News] {
    defer { news = [] }
    return news
  }
}

/// What a callback of a resolver or an address browser needs: where to put its news and what it is about.
final class StationContext {
  let inbox: Inbox
  let station: Station

  init(_ inbox: Inbox, _ station: Station) {
    self.inbox = inbox
    self.station = station
  }
}
