import BullpenCore
import Foundation

/// Who answers on the links of this machine, as the kernel keeps it in `/proc/net/arp` (proc(5)):
///
///     IP address       HW type     Flags       HW address            Mask     Device
///     10.77.0.1        0x1         0x2         02:42:0a:4d:00:01     *        eth0
///
/// Flag 0x2 says that the address has answered; without it, it was asked for in vain. The table is of IPv4 alone.
public enum Neighbours {
  /// Whether an address answers on its link; nil where the table does not know it.
  public static func state(of endpoint: Endpoint) -> JoinFacts.Neighbour? {
    guard endpoint.isIPv4, let table = try? String(contentsOfFile: "/proc/net/arp", encoding: .utf8) else { return nil }
    return state(of: endpoint.host, in: table)
  }

  static func state(of host: String, in table: String) -> JoinFacts.Neighbour? {
    for line in table.split(separator: "\n").dropFirst() {
      let columns = line.split(separator: " ")
      guard columns.count >= 4, columns[0] == host, let flags = UInt32(columns[2].dropFirst(2), radix: 16) else {
        continue
      }
      return flags & 0x2 != 0 ? .answers : .silent
    }
    return nil
  }
}
