import BullpenCore
import CAvahi
import CAvahiCore

/// The system's Avahi daemon, spoken to over the system D-Bus.
///
/// Calls into it wait for the daemon's answer, at most D-Bus's 25 s each should the daemon hang.
final class SystemResponder: Responder {
  private struct Questions {
    var resolver: OpaquePointer?
    var addressBrowsers: [OpaquePointer] = []
    /// Lent to the callbacks of the objects above, so it lives as long as they do.
    let context: StationContext
  }

  let inbox = Inbox()
  private var client: OpaquePointer?
  private var browser: OpaquePointer?
  private var group: OpaquePointer?
  private var questions: [Station: Questions] = [:]

  /// Nil when there is no system bus that answers. When there is one but no daemon on it, the connection stays
  /// and tells of the daemon when it comes.
  init?(poll: UnsafePointer<AvahiPoll>) {
    guard bp_avahi_client_library() != nil else { return nil }
    var error: Int32 = 0
    client = bp_avahi_client_new(
      poll, AVAHI_CLIENT_NO_FAIL,
      { client, state, context in
        guard let context else { return }
        // The inbox is owned by the responder, which frees the client before it lets go of the inbox.
        let inbox = Unmanaged<Inbox>.fromOpaque(context).takeUnretainedValue()
        switch state {
        case AVAHI_CLIENT_S_RUNNING: inbox.put(.ready)
        case AVAHI_CLIENT_S_REGISTERING, AVAHI_CLIENT_S_COLLISION: inbox.put(.unready)
        case AVAHI_CLIENT_FAILURE:
          let words = client.map { Avahi.words(for: bp_avahi_client_errno($0)) } ?? "unknown error"
          inbox.put(.failed("The system's Avahi daemon went away: \(words)."))
        default: break
        }
      }, Unmanaged.passUnretained(inbox).toOpaque(), &error)
    if client == nil { return nil }
  }

  private var state: AvahiClientState { client.map { bp_avahi_client_get_state($0) } ?? AVAHI_CLIENT_FAILURE }

  /// A daemon answers, though it may still be settling its host name.
  var isConnected: Bool {
    switch state {
    case AVAHI_CLIENT_S_RUNNING, AVAHI_CLIENT_S_REGISTERING, AVAHI_CLIENT_S_COLLISION: true
    default: false
    }
  }

  var isReady: Bool { state == AVAHI_CLIENT_S_RUNNING }

  func browse(on interface: Int32) -> String? {
    guard let client else { return nil }
    if let browser { bp_avahi_service_browser_free(browser) }
    browser = bp_avahi_service_browser_new(
      client, interface, Avahi.anyProtocol, Avahi.serviceType, nil, Avahi.lookup,
      { browser, interface, transport, event, name, _, _, _, context in
        guard let context else { return }
        // As above: the inbox outlives every object of the client.
        let inbox = Unmanaged<Inbox>.fromOpaque(context).takeUnretainedValue()
        let error = { bp_avahi_client_errno(bp_avahi_service_browser_get_client(browser)) }
        if let news = Avahi.news(event, name, interface, transport, error: error()) { inbox.put(news) }
      }, Unmanaged.passUnretained(inbox).toOpaque())
    return browser == nil ? "The system's Avahi daemon does not let us browse: \(words)." : nil
  }

  private var words: String { client.map { Avahi.words(for: bp_avahi_client_errno($0)) } ?? "closed" }

  func publish(_ instance: String, port: UInt16, txt: [String: String], on interface: Int32) -> PublishResult {
    guard let client else { return .refused("The system's Avahi daemon is gone.") }
    withdraw()
    if group == nil {
      group = bp_avahi_entry_group_new(
        client,
        { group, state, context in
          guard let group, let context else { return }
          // As above: the inbox outlives every object of the client.
          let inbox = Unmanaged<Inbox>.fromOpaque(context).takeUnretainedValue()
          let error = { bp_avahi_client_errno(bp_avahi_entry_group_get_client(group)) }
          if let news = Avahi.news(state, error: error()) { inbox.put(news) }
        }, Unmanaged.passUnretained(inbox).toOpaque())
    }
    guard let group else { return .refused("The system's Avahi daemon does not let us publish: \(words).") }
    var code = TextRecord.withList(of: txt) {
      bp_avahi_entry_group_add_service_strlst(
        group, interface, Avahi.anyProtocol, Avahi.publication, instance, Avahi.serviceType, nil, nil, port, $0)
    }
    if code == AVAHI_OK { code = bp_avahi_entry_group_commit(group) }
    switch Int(code) {
    case Int(AVAHI_OK): return .underway
    case Int(AVAHI_ERR_COLLISION): return .taken
    default: return .refused("The system's Avahi daemon does not let us publish: \(Avahi.words(for: code)).")
    }
  }

  func withdraw() {
    if let group, bp_avahi_entry_group_is_empty(group) == 0 { bp_avahi_entry_group_reset(group) }
  }

  func resolve(_ station: Station) {
    guard let client else { return }
    var asked = questions[station] ?? Questions(context: StationContext(inbox, station))
    if let resolver = asked.resolver { bp_avahi_service_resolver_free(resolver) }
    asked.resolver = bp_avahi_service_resolver_new(
      client, Int32(station.interface), Avahi.anyProtocol, station.instance, Avahi.serviceType, nil,
      Avahi.anyProtocol, Avahi.resolveLookup,
      { _, _, _, event, _, _, _, host, _, port, txt, _, context in
        guard let context else { return }
        // The context is kept in `questions` until after the resolver is freed.
        let about = Unmanaged<StationContext>.fromOpaque(context).takeUnretainedValue()
        about.inbox.put(Avahi.news(event, about.station, host, port, txt))
      }, Unmanaged.passUnretained(asked.context).toOpaque())
    questions[station] = asked
    if asked.resolver == nil { inbox.put(.unresolved(station)) }
  }

  func watchAddresses(_ station: Station, host: String) {
    guard let client, var asked = questions[station] else { return }
    asked.addressBrowsers.forEach { bp_avahi_record_browser_free($0) }
    asked.addressBrowsers = Avahi.addressTypes.compactMap {
      bp_avahi_record_browser_new(
        client, Int32(station.interface), Avahi.anyProtocol, host, UInt16(AVAHI_DNS_CLASS_IN), $0, Avahi.lookup,
        { _, _, transport, event, _, _, _, data, size, _, context in
          guard let context, let data, size == 4 || size == 16, let family = Avahi.family(transport),
            event == AVAHI_BROWSER_NEW || event == AVAHI_BROWSER_REMOVE
          else { return }
          // The context is kept in `questions` until after the browser is freed; `data` has `size` bytes during
          // this call, and they are copied.
          let about = Unmanaged<StationContext>.fromOpaque(context).takeUnretainedValue()
          let address = [UInt8](UnsafeRawBufferPointer(start: data, count: size))
          about.inbox.put(.address(about.station, address, family, isPresent: event == AVAHI_BROWSER_NEW))
        }, Unmanaged.passUnretained(asked.context).toOpaque())
    }
    questions[station] = asked
  }

  func release(_ station: Station) {
    guard let asked = questions[station] else { return }
    if let resolver = asked.resolver { bp_avahi_service_resolver_free(resolver) }
    asked.addressBrowsers.forEach { bp_avahi_record_browser_free($0) }
    questions[station] = nil
  }

  /// The daemon says goodbye for us when it sees the connection close.
  func close() {
    guard let client else { return }
    // Frees every browser, resolver and group with it.
    bp_avahi_client_free(client)
    self.client = nil
    browser = nil
    group = nil
    questions = [:]
  }

  deinit { close() }
}
