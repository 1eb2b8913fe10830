/// Lines to run on another machine, for one tool of several.
public struct Remedy: Hashable, Sendable {
  /// The tool, as people know it.
  public var tool: String
  public var lines: [String]

  public init(tool: String, lines: [String]) {
    self.tool = tool
    self.lines = lines
  }

  /// The port of mDNS (RFC 6762).
  static let mdnsPort: UInt16 = 5353

  /// How to let a node through: its port for TCP and UDP, and mDNS.
  public static func openFirewall(port: UInt16) -> [Remedy] {
    [
      Remedy(
        tool: "ufw",
        lines: ["sudo ufw allow \(port)/tcp", "sudo ufw allow \(port)/udp", "sudo ufw allow \(mdnsPort)/udp"]),
      Remedy(
        tool: "firewalld",
        lines: [
          "sudo firewall-cmd --permanent --add-port=\(port)/tcp --add-port=\(port)/udp --add-port=\(mdnsPort)/udp",
          "sudo firewall-cmd --reload",
        ]),
      Remedy(
        tool: "nftables",
        lines: [
          "sudo nft insert rule inet filter input tcp dport \(port) accept",
          "sudo nft insert rule inet filter input udp dport '{ \(port), \(mdnsPort) }' accept",
        ]),
    ]
  }

  /// How to let mDNS alone through.
  static func openMDNS() -> [Remedy] {
    [
      Remedy(tool: "ufw", lines: ["sudo ufw allow \(mdnsPort)/udp"]),
      Remedy(
        tool: "firewalld",
        lines: ["sudo firewall-cmd --permanent --add-service=mdns", "sudo firewall-cmd --reload"]),
      Remedy(tool: "nftables", lines: ["sudo nft insert rule inet filter input udp dport \(mdnsPort) accept"]),
    ]
  }
}
