import BullpenCore
import BullpenCrypto
import BullpenDiscovery
import BullpenTransport
import Synchronization

/// Discovery as the node uses it: what is announced today, what was seen, and whose it may be.
final class Finder: Sendable {
  private struct State {
    var sightings: [String: Sighting] = [:]
    var state = DiscoveryState.off
    var day: Int64?
    var discovery: Discovery?
  }

  private let mode: DiscoveryMode
  private let interface: String?
  private let own: DeviceID
  private let port: UInt16
  private let state = Mutex(State())

  init(_ mode: DiscoveryMode, interface: String?, own: DeviceID, port: UInt16) {
    self.mode = mode
    self.interface = interface
    self.own = own
    self.port = port
  }

  func start(_ heard: @escaping @Sendable (DiscoveryEvent) -> Void) {
    guard mode != .off else { return }
    let discovery = Discovery(mode: mode, interface: interface) { [weak self] event in
      self?.note(event)
      heard(event)
    }
    state.withLock { $0.discovery = discovery }
    discovery.start()
    advertiseToday()
  }

  func stop() { state.withLock { $0.discovery }?.stop() }
  func refresh() { state.withLock { $0.discovery }?.refresh() }

  private func note(_ event: DiscoveryEvent) {
    state.withLock { state in
      switch event {
      case .found(let sighting): state.sightings[sighting.instance] = sighting
      case .lost(let instance): state.sightings[instance] = nil
      case .state(let now): state.state = now
      }
    }
  }

  /// Everything that is seen now, in the order of names.
  var sightings: [Sighting] { state.withLock { $0.sightings }.sorted { $0.key < $1.key }.map(\.value) }

  /// The state in a few words.
  var words: String {
    switch state.withLock({ $0.state }) {
    case .off: "off"
    case .starting: "starting"
    case .running(let mode): mode.rawValue
    case .failing(let sentence): "failing: \(sentence)"
    }
  }

  // MARK: - Names

  /// A new day has a new name, by which members know us and strangers cannot follow us.
  func advertiseToday() {
    let today = Self.day(Clocks.now().wall)
    let discovery = state.withLock { state -> Discovery? in
      guard state.day != today, state.discovery != nil else { return nil }
      state.day = today
      return state.discovery
    }
    discovery?.advertise(
      Advertisement(
        instance: Self.instance(of: own, day: today), port: port,
        txt: ["v": "\(Limits.protocolVersion)"]))
  }

  /// Which of some devices an instance name belongs to; clocks may differ by a day.
  func device(of instance: String, among devices: [DeviceID]) -> DeviceID? {
    let today = Self.day(Clocks.now().wall)
    return devices.first { device in
      (today - 1...today + 1).contains { instance.hasPrefix(Self.instance(of: device, day: $0)) }
    }
  }

  private static func day(_ wall: Int64) -> Int64 { wall / 86_400_000 }

  /// The first 32 hexadecimal digits of BLAKE2b-256, keyed by the device, over "bullpen v1 instance" and the day.
  static func instance(of device: DeviceID, day: Int64) -> String {
    let digest = Blake2b.keyed(device.bytes, Array("bullpen v1 instance".utf8), UInt64(bitPattern: day).bigEndianBytes)
    return String(digest.description.prefix(32))
  }
}
