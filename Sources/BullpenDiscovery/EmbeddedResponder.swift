import BullpenCore
import CAvahi
import CAvahiCore

/// The mDNS responder inside this process, for machines without an Avahi daemon.
///
/// It publishes addresses under a host name of its own, never the machine's, and neither its processor nor a
/// workstation record. It shares port 5353 with other responders of the machine; since they publish the same
/// addresses, it says nothing of which name an address has, which only one of them could.
final class EmbeddedResponder: Responder {
  private struct Questions {
    var resolver: OpaquePointer?
    var addressBrowsers: [OpaquePointer] = []
    /// Lent to the callbacks of the objects above, so it lives as long as they do.
    let context: StationContext
  }

  let inbox = Inbox()
  private var server: OpaquePointer?
  private var browser: OpaquePointer?
  private var group: OpaquePointer?
  /// One group an address, so that the others stay announced when one comes or goes.
  private var hostGroups: [OwnAddress: OpaquePointer] = [:]
  private var questions: [Station: Questions] = [:]

  /// `bp-` and 32 random bits, so that it says nothing of the machine and two nodes rarely collide.
  static func randomHostName() -> String {
    let digits = String(UInt32.random(in: 0...UInt32.max), radix: 16)
    return "bp-" + String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// - Parameters:
  ///   - only: the one interface to use.
  ///   - never: interfaces to stay away from, when there is no one interface.
  /// - Returns: a responder, or a sentence.
  static func open(
    poll: UnsafePointer<AvahiPoll>, host: String, only: String?, never: [String]
  ) -> Result<EmbeddedResponder, ResponderFailure> {
    guard bp_avahi_core_library() != nil else {
      return .failure(
        ResponderFailure(sentence: "The embedded mDNS responder needs libavahi-core, which is not installed."))
    }
    // avahi-core prints its notices to standard error unless told otherwise. One function for the process,
    // which does nothing, so that it matters not which thread set it.
    bp_avahi_set_log_function { _, _ in }
    let responder = EmbeddedResponder()
    var settings = AvahiServerConfig()
    bp_avahi_server_config_init(&settings)
    // Frees the strings below, too; the server makes a copy.
    defer { bp_avahi_server_config_free(&settings) }
    settings.host_name = avahi_strdup(host)
    settings.publish_workstation = 0
    settings.publish_hinfo = 0
    // Avahi would claim the reverse names, too; `announce` publishes the addresses without.
    settings.publish_addresses = 0
    settings.publish_domain = 0
    settings.enable_wide_area = 0
    settings.disallow_other_stacks = 0
    // The daemon's own bound on answers: 1,000 a second.
    settings.ratelimit_interval = 1_000_000
    settings.ratelimit_burst = 1_000
    if let only {
      settings.allow_interfaces = avahi_string_list_add(nil, only)
    } else {
      for name in never { settings.deny_interfaces = avahi_string_list_add(settings.deny_interfaces, name) }
    }
    var error: Int32 = 0
    responder.server = bp_avahi_server_new(
      poll, &settings,
      { _, state, context in
        guard let context else { return }
        // The inbox is owned by the responder, which frees the server before it lets go of the inbox.
        let inbox = Unmanaged<Inbox>.fromOpaque(context).takeUnretainedValue()
        switch state {
        case AVAHI_SERVER_RUNNING: inbox.put(.ready)
        case AVAHI_SERVER_REGISTERING: inbox.put(.unready)
        case AVAHI_SERVER_COLLISION: inbox.put(.hostTaken)
        case AVAHI_SERVER_FAILURE: inbox.put(.failed("The embedded mDNS responder failed."))
        default: break
        }
      }, Unmanaged.passUnretained(responder.inbox).toOpaque(), &error)
    guard responder.server != nil else {
      return .failure(
        ResponderFailure(sentence: "The embedded mDNS responder does not start: \(Avahi.words(for: error))."))
    }
    return .success(responder)
  }

  private init() {}

  var isReady: Bool { server.map { bp_avahi_server_get_state($0) } == AVAHI_SERVER_RUNNING }

  /// Takes another host name; the addresses are announced under it. What was published names the old one.
  func setHost(_ name: String) {
    guard let server else { return }
    bp_avahi_server_set_host_name(server, name)
    let addresses = Array(hostGroups.keys)
    announce([])
    announce(addresses)
  }

  /// Publishes these addresses of the machine, each on its own interface, in place of those before.
  func announce(_ addresses: [OwnAddress]) {
    guard let server else { return }
    for (address, group) in hostGroups where !addresses.contains(address) {
      bp_avahi_s_entry_group_free(group)
      hostGroups[address] = nil
    }
    for address in addresses where hostGroups[address] == nil {
      let group = bp_avahi_s_entry_group_new(
        server,
        { _, _, state, context in
          guard let context, state == AVAHI_ENTRY_GROUP_COLLISION else { return }
          // As above: the inbox outlives every object of the server.
          Unmanaged<Inbox>.fromOpaque(context).takeUnretainedValue().put(.hostTaken)
        }, Unmanaged.passUnretained(inbox).toOpaque())
      guard let group else { continue }
      var value = AvahiAddress()
      value.proto = AvahiProtocol(address.bytes.count == 4 ? AVAHI_PROTO_INET : AVAHI_PROTO_INET6)
      // The union holds 16 bytes, of which an IPv4 address takes the first four, in network order like ours.
      withUnsafeMutableBytes(of: &value.data) { $0.copyBytes(from: address.bytes) }
      // The name belongs to the server and is copied by the call.
      let code = bp_avahi_server_add_address(
        server, group, Int32(address.interface), Avahi.anyProtocol, AVAHI_PUBLISH_NO_REVERSE,
        bp_avahi_server_get_host_name_fqdn(server), &value)
      guard code == AVAHI_OK, bp_avahi_s_entry_group_commit(group) == AVAHI_OK else {
        // Asked for again when the table of addresses is next read.
        bp_avahi_s_entry_group_free(group)
        continue
      }
      hostGroups[address] = group
    }
  }

  private var words: String { server.map { Avahi.words(for: bp_avahi_server_errno($0)) } ?? "closed" }

  func browse(on interface: Int32) -> String? {
    guard let server else { return nil }
    if let browser { bp_avahi_s_service_browser_free(browser) }
    browser = bp_avahi_s_service_browser_new(
      server, interface, Avahi.anyProtocol, Avahi.serviceType, nil, Avahi.lookup,
      { _, interface, transport, event, name, _, _, _, context in
        guard let context else { return }
        // As above: the inbox outlives every object of the server.
        let inbox = Unmanaged<Inbox>.fromOpaque(context).takeUnretainedValue()
        let error = Int32(AVAHI_ERR_FAILURE)
        if let news = Avahi.news(event, name, interface, transport, error: error) { inbox.put(news) }
      }, Unmanaged.passUnretained(inbox).toOpaque())
    return browser == nil ? "The embedded mDNS responder does not browse: \(words)." : nil
  }

  func publish(_ instance: String, port: UInt16, txt: [String: String], on interface: Int32) -> PublishResult {
    guard let server else { return .refused("The embedded mDNS responder is gone.") }
    withdraw()
    if group == nil {
      group = bp_avahi_s_entry_group_new(
        server,
        { server, _, state, context in
          guard let context else { return }
          // As above: the inbox outlives every object of the server.
          let inbox = Unmanaged<Inbox>.fromOpaque(context).takeUnretainedValue()
          let error = { server.map { bp_avahi_server_errno($0) } ?? Int32(AVAHI_ERR_FAILURE) }
          if let news = Avahi.news(state, error: error()) { inbox.put(news) }
        }, Unmanaged.passUnretained(inbox).toOpaque())
    }
    guard let group else { return .refused("The embedded mDNS responder does not publish: \(words).") }
    var code = TextRecord.withList(of: txt) {
      bp_avahi_server_add_service_strlst(
        server, group, interface, Avahi.anyProtocol, Avahi.publication, instance, Avahi.serviceType, nil, nil, port, $0)
    }
    if code == AVAHI_OK { code = bp_avahi_s_entry_group_commit(group) }
    switch Int(code) {
    case Int(AVAHI_OK): return .underway
    case Int(AVAHI_ERR_COLLISION): return .taken
    default: return .refused("The embedded mDNS responder does not publish: \(Avahi.words(for: code)).")
    }
  }

  func withdraw() {
    if let group { bp_avahi_s_entry_group_reset(group) }
  }

  func resolve(_ station: Station) {
    guard let server else { return }
    var asked = questions[station] ?? Questions(context: StationContext(inbox, station))
    if let resolver = asked.resolver { bp_avahi_s_service_resolver_free(resolver) }
    asked.resolver = bp_avahi_s_service_resolver_new(
      server, Int32(station.interface), Avahi.anyProtocol, station.instance, Avahi.serviceType, nil,
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
    guard let server, var asked = questions[station] else { return }
    asked.addressBrowsers.forEach { bp_avahi_s_record_browser_free($0) }
    asked.addressBrowsers = Avahi.addressTypes.compactMap { type -> OpaquePointer? in
      guard let key = bp_avahi_key_new(host, UInt16(AVAHI_DNS_CLASS_IN), type) else { return nil }
      // The browser takes a reference of its own.
      defer { bp_avahi_key_unref(key) }
      return bp_avahi_s_record_browser_new(
        server, Int32(station.interface), Avahi.anyProtocol, key, Avahi.lookup,
        { _, _, transport, event, record, _, context in
          guard let context, let record, let address = EmbeddedResponder.address(in: record.pointee),
            let family = Avahi.family(transport), event == AVAHI_BROWSER_NEW || event == AVAHI_BROWSER_REMOVE
          else { return }
          // The context is kept in `questions` until after the browser is freed.
          let about = Unmanaged<StationContext>.fromOpaque(context).takeUnretainedValue()
          about.inbox.put(.address(about.station, address, family, isPresent: event == AVAHI_BROWSER_NEW))
        }, Unmanaged.passUnretained(asked.context).toOpaque())
    }
    questions[station] = asked
  }

  /// The union's member is the one that the record's type names.
  private static func address(in record: AvahiRecord) -> [UInt8]? {
    switch Int(record.key.pointee.type) {
    case Int(AVAHI_DNS_TYPE_A): withUnsafeBytes(of: record.data.a.address) { Array($0) }
    case Int(AVAHI_DNS_TYPE_AAAA): withUnsafeBytes(of: record.data.aaaa.address) { Array($0) }
    default: nil
    }
  }

  func release(_ station: Station) {
    guard let asked = questions[station] else { return }
    if let resolver = asked.resolver { bp_avahi_s_service_resolver_free(resolver) }
    asked.addressBrowsers.forEach { bp_avahi_s_record_browser_free($0) }
    questions[station] = nil
  }

  /// Sends the goodbye before it returns.
  func close() {
    guard let server else { return }
    // Frees every browser, resolver and group with it.
    bp_avahi_server_free(server)
    self.server = nil
    browser = nil
    group = nil
    hostGroups = [:]
    questions = [:]
  }

  deinit { close() }
}

struct ResponderFailure: Error {
  let sentence: String
}
