import BullpenCore

/// Gathers what responders hear into one sighting an instance.
///
/// A station appears; its service is resolved; its host's addresses are watched; what is known is told once the
/// first burst is over, and again when it changes. All times are milliseconds on the boot clock.
struct SightingBook {
  enum Effect: Hashable, Sendable {
    /// Ask for the station's service, and keep asking for changes; a former question is withdrawn.
    case resolve(Station)
    /// Watch the addresses of the station's host; a former watch ends.
    case watchAddresses(Station, host: String)
    /// Withdraw every question about the station.
    case release(Station)
    case tell(DiscoveryEvent)
  }

  private struct Heard {
    var address: [UInt8]
    var families: Set<Family>
  }

  private struct Record {
    var families: Set<Family>
    var service: ServiceRecord?
    var addresses: [Heard] = []
    /// When it is asked for again because it did not resolve.
    var retryAt: Int64?
    var retryWait = Limits.resolveFirst
  }

  private struct Instance {
    var told: Sighting?
    /// When what is known is looked at and told.
    var tellAt: Int64?
    /// When it is lost unless something is known of it by then.
    var lostAt: Int64?
  }

  /// Decides the order of addresses, and which are this machine's.
  var interfaces = InterfaceTable()
  /// Where this node listens. One of the machine's own addresses with this port leads back to it, whatever the
  /// name: caches and reflectors tell of former names.
  var ownPort: UInt16?
  private var records: [Station: Record] = [:]
  private var instances: [String: Instance] = [:]
  /// Names of our own, which are not told.
  private var own: [String] = []

  var stationCount: Int { records.count }

  mutating func receive(_ news: News, at now: Int64) -> [Effect] {
    switch news {
    case .appeared(let station, let family): return appeared(station, family)
    case .vanished(let station, let family): return vanished(station, family, at: now)
    case .resolved(let station, let service): return resolved(station, service, at: now)
    case .unresolved(let station): return unresolved(station, at: now)
    case .address(let station, let address, let family, let isPresent):
      return heard(station, address, family, isPresent, at: now)
    case .ready, .unready, .hostTaken, .failed, .published, .taken, .refused: return []
    }
  }

  private mutating func appeared(_ station: Station, _ family: Family) -> [Effect] {
    guard InstanceName.isValid(station.instance), !own.contains(station.instance) else { return [] }
    if records[station] != nil {
      records[station]?.families.insert(family)
      return []
    }
    guard records.count < Limits.stations,
      instances[station.instance] != nil || instances.count < Limits.stations
    else { return [] }
    records[station] = Record(families: [family])
    if instances[station.instance] == nil { instances[station.instance] = Instance() }
    return [.resolve(station)]
  }

  private mutating func vanished(_ station: Station, _ family: Family, at now: Int64) -> [Effect] {
    guard var record = records[station] else { return [] }
    record.families.remove(family)
    guard record.families.isEmpty else {
      records[station] = record
      return []
    }
    records[station] = nil
    look(at: station.instance, soonest: now)
    return [.release(station)]
  }

  private mutating func resolved(_ station: Station, _ service: ServiceRecord, at now: Int64) -> [Effect] {
    guard var record = records[station] else { return [] }
    // A port of 0 and a host without a name lead nowhere (RFC 2782 means "not here" by the root name).
    guard service.port != 0, !service.host.isEmpty else { return unresolved(station, at: now) }
    let isSameHost = record.service?.host == service.host
    record.service = service
    record.retryAt = nil
    record.retryWait = Limits.resolveFirst
    if !isSameHost { record.addresses = [] }
    records[station] = record
    look(at: station.instance, soonest: now)
    return isSameHost ? [] : [.watchAddresses(station, host: service.host)]
  }

  private mutating func unresolved(_ station: Station, at now: Int64) -> [Effect] {
    guard var record = records[station] else { return [] }
    record.service = nil
    record.addresses = []
    record.retryAt = now + record.retryWait
    record.retryWait = min(record.retryWait * 2, Limits.resolveLast)
    records[station] = record
    look(at: station.instance, soonest: now)
    return []
  }

  private mutating func heard(
    _ station: Station, _ address: [UInt8], _ family: Family, _ isPresent: Bool, at now: Int64
  ) -> [Effect] {
    guard var record = records[station], AddressOrder.isUsable(address, on: interfaces.kind(of: station.interface))
    else { return [] }
    let place = record.addresses.firstIndex { $0.address == address }
    switch (place, isPresent) {
    case (let place?, true): record.addresses[place].families.insert(family)
    case (let place?, false):
      record.addresses[place].families.remove(family)
      if record.addresses[place].families.isEmpty { record.addresses.remove(at: place) }
    case (nil, true):
      guard record.addresses.count < Limits.addressesPerPeer else { return [] }
      record.addresses.append(Heard(address: address, families: [family]))
    case (nil, false): return []
    }
    records[station] = record
    look(at: station.instance, soonest: now)
    return []
  }

  private mutating func look(at instance: String, soonest now: Int64) {
    guard instances[instance] != nil, instances[instance]?.tellAt == nil else { return }
    instances[instance]?.tellAt = now + Limits.sightingGather
  }

  /// The responder was closed, and every question with it. What was told stays until the next responder has had
  /// time to hear it again.
  mutating func responderClosed(at now: Int64) {
    records = [:]
    for (name, instance) in instances {
      guard instance.told != nil else {
        instances[name] = nil
        continue
      }
      instances[name]?.tellAt = nil
      instances[name]?.lostAt = now + Limits.sightingSettle
    }
  }

  /// Our own names, newest first, from now on.
  mutating func setOwn(_ names: [String]) -> [Effect] {
    own = names
    var effects: [Effect] = []
    for station in records.keys.sorted() where own.contains(station.instance) {
      records[station] = nil
      effects.append(.release(station))
    }
    for name in instances.keys.sorted() where own.contains(name) {
      if instances.removeValue(forKey: name)?.told != nil { effects.append(.tell(.lost(instance: name))) }
    }
    return effects
  }

  mutating func due(at now: Int64) -> [Effect] {
    var effects: [Effect] = []
    for station in records.keys.sorted() {
      guard let retryAt = records[station]?.retryAt, retryAt <= now else { continue }
      records[station]?.retryAt = nil
      effects.append(.resolve(station))
    }
    for name in instances.keys.sorted() {
      guard var instance = instances[name] else { continue }
      if let tellAt = instance.tellAt, tellAt <= now {
        instance.tellAt = nil
        if let sighting = sighting(of: name) {
          instance.lostAt = nil
          if sighting != instance.told { effects.append(.tell(.found(sighting))) }
          instance.told = sighting
        } else if instance.told != nil, instance.lostAt == nil {
          instance.lostAt = tellAt + Limits.sightingGrace - Limits.sightingGather
        }
      }
      if let lostAt = instance.lostAt, lostAt <= now {
        instance.lostAt = nil
        instance.told = nil
        effects.append(.tell(.lost(instance: name)))
      }
      let isIdle = instance.told == nil && instance.tellAt == nil
      instances[name] = isIdle && !records.keys.contains { $0.instance == name } ? nil : instance
    }
    return effects
  }

  var nextDeadline: Int64? {
    (records.values.compactMap(\.retryAt) + instances.values.flatMap { [$0.tellAt, $0.lostAt].compactMap { $0 } }).min()
  }

  private func sighting(of instance: String) -> Sighting? {
    let stations = records.keys.filter { $0.instance == instance }.sorted {
      let kinds = (interfaces.kind(of: $0.interface).rawValue, interfaces.kind(of: $1.interface).rawValue)
      return kinds.0 != kinds.1 ? kinds.0 < kinds.1 : $0 < $1
    }
    var endpoints: [Endpoint] = []
    var first: (interface: UInt32, txt: [String: String])?
    for station in stations {
      guard let record = records[station], let service = record.service, !record.addresses.isEmpty else { continue }
      let found = AddressOrder.sorted(record.addresses.map(\.address)).compactMap {
        AddressOrder.endpoint($0, port: service.port, interface: station.interface)
      }
      if first == nil, !found.allSatisfy(isOwn) { first = (station.interface, service.txt) }
      endpoints += found.filter { !endpoints.contains($0) && !isOwn($0) }
    }
    guard let first, !endpoints.isEmpty else { return nil }
    return Sighting(
      instance: instance, endpoints: Array(endpoints.prefix(Limits.addressesPerPeer)), interface: first.interface,
      txt: first.txt)
  }

  private func isOwn(_ endpoint: Endpoint) -> Bool {
    endpoint.port == ownPort && interfaces.addresses.contains { $0.bytes == endpoint.address }
  }
}
