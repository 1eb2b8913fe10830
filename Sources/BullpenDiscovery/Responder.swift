import BullpenCore
// Both modules hold avahi-common's headers, and a name of theirs is seen only by who imports the one that the
// compiler took it from.
import CAvahi
import CAvahiCore

/// An mDNS responder that speaks for this node. Everything is called on the discovery thread alone; what it
/// hears lies in `inbox`.
protocol Responder: AnyObject {
  var inbox: Inbox { get }
  /// Publishing is possible now.
  var isReady: Bool { get }
  /// Starts to listen for the service; a sentence when it cannot.
  func browse(on interface: Int32) -> String?
  /// Replaces what is published.
  func publish(_ instance: String, port: UInt16, txt: [String: String], on interface: Int32) -> PublishResult
  /// Takes back what is published, with a goodbye.
  func withdraw()
  /// Asks for the station's service; replaces a former question.
  func resolve(_ station: Station)
  /// Watches the addresses of the station's host; replaces a former watch.
  func watchAddresses(_ station: Station, host: String)
  func release(_ station: Station)
  /// Ends everything, with a goodbye. Nothing may be called after it.
  func close()
}

enum PublishResult: Hashable, Sendable {
  case underway
  /// The name is another's.
  case taken
  /// A sentence.
  case refused(String)
}

/// What both responders say in Avahi's words.
enum Avahi {
  static let serviceType = "_bullpen._tcp"
  static let anyInterface = AvahiIfIndex(AVAHI_IF_UNSPEC)
  static let anyProtocol = AvahiProtocol(AVAHI_PROTO_UNSPEC)
  /// Multicast alone: a question never goes to a DNS server outside.
  static let lookup = AVAHI_LOOKUP_USE_MULTICAST
  /// Addresses come by record browsers, because a resolver tells but one of them.
  static let resolveLookup = AvahiLookupFlags(
    rawValue: AVAHI_LOOKUP_USE_MULTICAST.rawValue | AVAHI_LOOKUP_NO_ADDRESS.rawValue)
  static let publication = AVAHI_PUBLISH_USE_MULTICAST
  static let addressTypes = [UInt16(AVAHI_DNS_TYPE_A), UInt16(AVAHI_DNS_TYPE_AAAA)]

  static func words(for error: Int32) -> String { String(cString: avahi_strerror(error)) }

  static func family(_ protocol: AvahiProtocol) -> Family? {
    switch Int(`protocol`) {
    case Int(AVAHI_PROTO_INET): .ipv4
    case Int(AVAHI_PROTO_INET6): .ipv6
    default: nil
    }
  }

  /// The station that a callback of a service browser is about; nil when its name is not UTF-8.
  static func station(_ name: UnsafePointer<CChar>?, _ interface: AvahiIfIndex) -> Station? {
    guard let name, interface > 0, let instance = String(validatingCString: name) else { return nil }
    return Station(instance: instance, interface: UInt32(interface))
  }

  static func news(
    _ event: AvahiBrowserEvent, _ name: UnsafePointer<CChar>?, _ interface: AvahiIfIndex, _ protocol: AvahiProtocol,
    error: @autoclosure () -> Int32
  ) -> News? {
    switch event {
    case AVAHI_BROWSER_NEW:
      guard let station = station(name, interface), let family = family(`protocol`) else { return nil }
      return .appeared(station, family)
    case AVAHI_BROWSER_REMOVE:
      guard let station = station(name, interface), let family = family(`protocol`) else { return nil }
      return .vanished(station, family)
    case AVAHI_BROWSER_FAILURE:
      return .failed("Browsing by mDNS failed: \(words(for: error())).")
    // That a cache was read, or that nothing more is expected soon, changes nothing: services may come at any time.
    case AVAHI_BROWSER_CACHE_EXHAUSTED, AVAHI_BROWSER_ALL_FOR_NOW: return nil
    default: return nil
    }
  }

  static func news(
    _ event: AvahiResolverEvent, _ station: Station, _ host: UnsafePointer<CChar>?, _ port: UInt16,
    _ txt: UnsafeMutablePointer<AvahiStringList>?
  ) -> News {
    guard event == AVAHI_RESOLVER_FOUND, let host, let name = String(validatingCString: host) else {
      return .unresolved(station)
    }
    return .resolved(
      station, ServiceRecord(host: name, port: port, txt: TextRecord.pairs(of: TextRecord.copy(txt))))
  }

  static func news(_ state: AvahiEntryGroupState, error: @autoclosure () -> Int32) -> News? {
    switch state {
    case AVAHI_ENTRY_GROUP_ESTABLISHED: .published
    case AVAHI_ENTRY_GROUP_COLLISION: .taken
    case AVAHI_ENTRY_GROUP_FAILURE: .refused("mDNS refused the service: \(words(for: error())).")
    default: nil
    }
  }
}
