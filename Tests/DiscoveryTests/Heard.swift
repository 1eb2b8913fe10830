import BullpenCore
import BullpenDiscovery
import Foundation

/// Everything that a discovery told, and a way to wait for it.
///
/// Unchecked: `events` is reached only while `condition` is held.
final class Heard: @unchecked Sendable {
  struct NotHeard: Error, CustomStringConvertible {
    let description: String
  }

  private let condition = NSCondition()
  private var events: [DiscoveryEvent] = []

  func put(_ event: DiscoveryEvent) {
    condition.lock()
    events.append(event)
    condition.broadcast()
    condition.unlock()
  }

  var count: Int {
    condition.lock()
    defer { condition.unlock() }
    return events.count
  }

  var all: [DiscoveryEvent] {
    condition.lock()
    defer { condition.unlock() }
    return events
  }

  /// Waits for the first event from number `start` on that the body makes something of.
  func first<Result>(
    from start: Int = 0, within seconds: Double = 60, _ what: String, _ body: (DiscoveryEvent) -> Result?
  ) throws -> Result {
    let deadline = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let result = events.dropFirst(start).lazy.compactMap(body).first { return result }
      guard condition.wait(until: deadline) else {
        throw NotHeard(description: "not within \(seconds) s: \(what); heard \(events.map { "\($0)" })")
      }
    }
  }

  /// Waits until what is there now, by instance name, is as wanted.
  func now(within seconds: Double = 60, _ what: String, _ isRight: ([String: Sighting]) -> Bool) throws {
    let deadline = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    defer { condition.unlock() }
    while true {
      var present: [String: Sighting] = [:]
      for event in events {
        switch event {
        case .found(let sighting): present[sighting.instance] = sighting
        case .lost(let instance): present[instance] = nil
        case .state: break
        }
      }
      if isRight(present) { return }
      guard condition.wait(until: deadline) else {
        throw NotHeard(description: "not within \(seconds) s: \(what); heard \(events.map { "\($0)" })")
      }
    }
  }

  func state(_ state: DiscoveryState, from start: Int = 0) throws {
    try first(from: start, "\(state)") { $0 == .state(state) ? () : nil }
  }

  @discardableResult
  func found(
    _ instance: String, from start: Int = 0, where isRight: (Sighting) -> Bool = { _ in true }
  ) throws -> Sighting {
    try first(from: start, "found \(instance)") {
      if case .found(let sighting) = $0, sighting.instance == instance, isRight(sighting) { sighting } else { nil }
    }
  }

  func lost(_ instance: String, from start: Int = 0) throws {
    try first(from: start, "lost \(instance)") { $0 == .lost(instance: instance) ? () : nil }
  }
}

extension Discovery {
  /// A discovery on the host, started.
  static func started(
    on host: LabHost, _ mode: DiscoveryMode, interface: String? = nil, telling heard: Heard,
    advertising advertisement: Advertisement? = nil
  ) throws -> Discovery {
    try host.run {
      let discovery = Discovery(mode: mode, interface: interface) { heard.put($0) }
      if let advertisement { discovery.advertise(advertisement) }
      // The thread that this starts inherits the host.
      discovery.start()
      return discovery
    }
  }
}
