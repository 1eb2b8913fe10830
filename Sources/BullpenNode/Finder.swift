import BullpenCore
import BullpenCrypto
import BullpenDiscovery
import BullpenTransport
import Dispatch
import Synchronization

/// Discovery as the node uses it: what is announced today, what was seen, and whose it may be.
final class Finder: Sendable {
  private struct State {
    var sightings: [String: Sighting] = [:]
    var state = DiscoveryState.off
    var day: Int64?
    var discovery: Discovery?
    /// When a responder began to speak, on the boot clock, and how often one did.
    var since: Int64 = 0
    var beginnings = 0
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
    // It tells its own state once a responder has answered, for which a daemon that hangs takes long.
    state.withLock { ($0.discovery, $0.state) = (discovery, .starting) }
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
      case .state(let now):
        if case .running = now, now != state.state {
          state.since = Clocks.now().boot
          state.beginnings += 1
        }
        state.state = now
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

  // MARK: - For an examination

  var responder: Symptoms.Responder {
    let (now, since, beginnings) = state.withLock { ($0.state, $0.since, $0.beginnings) }
    return switch now {
    case .off: .off
    case .starting: .starting
    case .running(let mode):
      .running(isSystem: mode == .system, age: Clocks.now().boot - since, isAgain: beginnings > 1)
    case .failing(let sentence): .failing(sentence)
    }
  }

  /// How many others are seen first on an interface.
  func services(on interface: UInt32) -> Int { sightings.count { $0.interface == interface } }

  /// Whether what this node announces is heard by mDNS on an interface; may take two seconds.
  func isHeard(on interface: NetworkInterface) async -> Bool {
    let name = Self.instance(of: own, day: Self.day(Clocks.now().wall))
    let address = interface.addresses.map(\.address).first { $0.count == 4 }
    // It waits for a socket, so it waits elsewhere.
    return await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(returning: MulticastEcho.isHeard(name, on: interface.index, from: address))
      }
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
