/// Where devices may be reached, and when to dial them.
///
/// Four rungs name addresses: mDNS, what was remembered, what was given by hand or in an invite, and what
/// other peers tell. All of them are hints. Only a TLS handshake says who lives at an address.
public struct AddressBook: Sendable {
  public enum Source: UInt8, Hashable, Comparable, Sendable, CaseIterable {
    case mdns = 1, remembered, given, exchange
    public static func < (a: Source, b: Source) -> Bool { a.rawValue < b.rawValue }
    public var name: String {
      switch self {
      case .mdns: "mdns"
      case .remembered: "remembered"
      case .given: "given"
      case .exchange: "exchange"
      }
    }
  }

  /// An address with what named it, in ascending order.
  public struct NamedEndpoint: Hashable, Sendable {
    public let endpoint: Endpoint
    public let sources: [Source]

    public init(endpoint: Endpoint, sources: [Source]) {
      self.endpoint = endpoint
      self.sources = sources
    }

    /// As of `Endpoint`.
    public func named(_ zones: [UInt32: String]) -> NamedEndpoint {
      NamedEndpoint(endpoint: endpoint.named(zones), sources: sources)
    }
  }

  /// Whom we look for: a member's device, or whoever answers at an address that was named.
  enum Target: Hashable, Comparable, Sendable {
    case device(DeviceID)
    case stranger(Endpoint)

    static func < (a: Target, b: Target) -> Bool {
      switch (a, b) {
      case (.device(let x), .device(let y)): x < y
      case (.stranger(let x), .stranger(let y)): x < y
      case (.device, .stranger): true
      case (.stranger, .device): false
      }
    }
  }

  struct Record: Sendable {
    /// Newest first, each with everything that ever named it.
    var endpoints: [(endpoint: Endpoint, sources: Set<Source>)] = []
    var dialing: DialID?
    /// Not before this moment, on the boot clock.
    var nextDial: Int64 = 0
    var wait: Int64 = Limits.redialFirst
    /// Why the last attempt failed, in words.
    var lastFailure: String?
  }

  private(set) var records: [Target: Record] = [:]
  private var dials: [DialID: Target] = [:]
  private var nextDialID: UInt64 = 1

  public init() {}

  /// An address was named.
  /// - Parameter device: whose it is said to be; nil when the hint does not say.
  mutating func hint(_ device: DeviceID?, _ endpoints: [Endpoint], _ source: Source, at now: Instant) {
    for endpoint in endpoints.reversed() {
      let target = device.map(Target.device) ?? .stranger(endpoint)
      guard records[target] != nil || records.count < Limits.peers * 2 else { continue }
      var record = records[target] ?? Record()
      let known = record.endpoints.first { $0.endpoint == endpoint }
      let isNews = known == nil
      record.endpoints.removeAll { $0.endpoint == endpoint }
      record.endpoints.insert((endpoint, (known?.sources ?? []).union([source])), at: 0)
      record.endpoints = Array(record.endpoints.prefix(Limits.addressesPerPeer))
      // A new address is worth a try now, and so is one that mDNS has just seen.
      if isNews || source == .mdns {
        record.nextDial = min(record.nextDial, now.boot)
        record.wait = Limits.redialFirst
      }
      records[target] = record
    }
  }

  /// Links came up, or the machine woke: everything that failed before may work now.
  mutating func retryAll(at now: Instant) {
    for target in records.keys {
      records[target]?.nextDial = now.boot
      records[target]?.wait = Limits.redialFirst
    }
  }

  mutating func retry(_ device: DeviceID, at now: Instant) {
    records[.device(device)]?.nextDial = now.boot
    records[.device(device)]?.wait = Limits.redialFirst
  }

  /// Leaves the device to whoever has it now.
  mutating func pause(_ device: DeviceID, until moment: Int64) {
    guard let due = records[.device(device)]?.nextDial else { return }
    records[.device(device)]?.nextDial = max(due, moment)
  }

  struct Dial: Sendable {
    var id: DialID
    var endpoints: [Endpoint]
    var expecting: DeviceID?
  }

  /// Whom to dial now.
  /// - Parameters:
  ///   - isWanted: whether to look for a device.
  ///   - isMet: whether a device is connected, or needs no connection.
  mutating func due(at now: Instant, isWanted: (DeviceID) -> Bool, isMet: (DeviceID) -> Bool) -> [Dial] {
    var due: [Dial] = []
    // Most of those whose moment has come are connected.
    var ripe: [(target: Target, endpoints: [Endpoint])] = []
    for (target, record) in records where record.dialing == nil && record.nextDial <= now.boot {
      if case .device(let device) = target, !isWanted(device) { continue }
      if !record.endpoints.isEmpty { ripe.append((target, record.endpoints.map(\.endpoint))) }
    }
    for (target, endpoints) in ripe.sorted(by: { $0.target < $1.target }) {
      var expecting: DeviceID?
      switch target {
      case .device(let device): expecting = device
      case .stranger(let endpoint):
        // A dial would meet whom we have met, and end the connection that we have.
        guard !isHome(endpoint, to: isMet) else {
          records[target]?.nextDial = now.boot + Limits.redialLast
          continue
        }
      }
      let id = DialID(raw: nextDialID)
      nextDialID += 1
      dials[id] = target
      records[target]?.dialing = id
      due.append(Dial(id: id, endpoints: endpoints, expecting: expecting))
    }
    return due
  }

  /// Whether an address is known to be that of such a device.
  private func isHome(_ endpoint: Endpoint, to isSuch: (DeviceID) -> Bool) -> Bool {
    records.contains { target, record in
      guard case .device(let device) = target else { return false }
      return record.endpoints.contains { $0.endpoint == endpoint } && isSuch(device)
    }
  }

  /// The attempt has ended. A failure waits longer each time; a success waits before the next, should the
  /// connection not last.
  mutating func ended(_ id: DialID, failure: String?, at now: Instant) {
    guard let target = dials.removeValue(forKey: id), var record = records[target], record.dialing == id else { return }
    record.dialing = nil
    record.lastFailure = failure
    record.nextDial = now.boot + record.wait
    record.wait = min(record.wait * 2, Limits.redialLast)
    if case .stranger = target, failure == nil {
      // Whoever answered has a name now, under which it is remembered.
      record.nextDial = now.boot + Limits.redialLast
      record.wait = Limits.redialLast
    }
    records[target] = record
  }

  /// Nothing of the device's addresses is tried again before somebody names one.
  mutating func forget(_ device: DeviceID) {
    if records[.device(device)]?.dialing == nil { records[.device(device)] = nil }
  }

  func endpoints(of device: DeviceID) -> [Endpoint] { records[.device(device)]?.endpoints.map(\.endpoint) ?? [] }
  /// The device's addresses, newest first, each with what named it, also before it was known whose it is.
  func named(of device: DeviceID) -> [NamedEndpoint] {
    (records[.device(device)]?.endpoints ?? []).map { endpoint, named in
      let unnamed = records[.stranger(endpoint)]?.endpoints.map(\.sources) ?? []
      return NamedEndpoint(endpoint: endpoint, sources: unnamed.reduce(named) { $0.union($1) }.sorted())
    }
  }

  /// What named the device's addresses.
  func sources(of device: DeviceID) -> [Source] { Set(named(of: device).flatMap(\.sources)).sorted() }

  func nextDeadline(isWanted: (DeviceID) -> Bool) -> Int64? {
    var next: Int64?
    for (target, record) in records where record.dialing == nil && !record.endpoints.isEmpty {
      if case .device(let device) = target, !isWanted(device) { continue }
      next = min(next ?? record.nextDial, record.nextDial)
    }
    return next
  }
}
