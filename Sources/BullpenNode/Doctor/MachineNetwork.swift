import BullpenCore
import BullpenTransport

/// This machine's interfaces, as a person should hear of them.
public enum MachineNetwork {
  /// Interfaces that the kernel makes by itself for tunnels that nobody has set up.
  private static let dormant = ["sit", "gre", "ip6", "ip_vti", "erspan", "teql", "dummy", "ifb", "tunl", "bond"]

  public static func interfaces() -> [Symptoms.Interface] { symptoms(of: NetworkInterfaces.list()) }

  static func symptoms(of list: [NetworkInterface]) -> [Symptoms.Interface] {
    let counts = LinkCounters.read()
    let zones = NetworkInterfaces.names(of: list)
    return list.filter { one in
      one.isRunning || !one.addresses.isEmpty || !dormant.contains { one.name.hasPrefix($0) }
    }.map { one in
      Symptoms.Interface(
        one.name, Symptoms.Interface.Kind(one.kind), isUp: one.isRunning,
        addresses: one.addresses.map { $0.named(zones) },
        sent: counts[one.name]?.sent, heard: counts[one.name]?.heard)
    }
  }
}

extension Symptoms.Interface.Kind {
  fileprivate init(_ kind: NetworkInterface.Kind) {
    switch kind {
    case .link: self = .link
    case .virtual: self = .virtual
    case .tunnel: self = .tunnel
    case .loopback: self = .loopback
    }
  }
}
