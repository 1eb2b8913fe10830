import BullpenCore
import BullpenTransport

/// One name of `/metrics`, as `protocol/metrics.md` has it. What is not declared here is not kept: a library may
/// count what it likes, and the exposition stays as long as this list.
public struct MetricDeclaration: Hashable, Sendable {
  public enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  /// With its unit as the last word, or `_total` after it.
  public let name: String
  public let kind: Kind
  public let help: String
  /// Names of labels; their values are few, for they come from code and never from a peer or a person.
  public let labels: [String]

  init(_ name: String, _ kind: Kind, labels: [String] = [], _ help: String) {
    self.name = name
    self.kind = kind
    self.labels = labels
    self.help = help
  }
}

extension MetricDeclaration {
  /// In the order in which they are shown.
  public static let all = datagrams + connections + office + changes + web + process

  private static let datagrams = [
    Self("bullpen_datagrams_sent_total", .counter, "Datagrams that left."),
    Self("bullpen_datagrams_received_total", .counter, "Datagrams that passed every check."),
    Self("bullpen_cursors_unchecked_total", .counter, "Cursors among those whose signatures were not checked."),
    Self("bullpen_datagrams_dropped_total", .counter, labels: ["reason"], "Datagrams that came and were dropped."),
    Self("bullpen_datagrams_unsent_total", .counter, labels: ["reason"], "Datagrams that could not be sent."),
  ]

  private static let connections = [
    Self("bullpen_connections_open", .gauge, "TLS connections to other nodes, those amid their handshake included."),
    Self(
      "bullpen_connections_closed_total", .counter, labels: ["reason"], "Connections that were open and have ended."),
    Self("bullpen_handshakes_failed_total", .counter, "Inbound connections that never showed a device."),
    Self("bullpen_connections_turned_away_total", .counter, "Inbound connections for which there was no place."),
  ]

  private static let office = [
    Self("bullpen_workspaces", .gauge, "Workspaces that this node takes part in."),
    Self("bullpen_peers_known", .gauge, "Other devices, added up over the workspaces."),
    Self("bullpen_peers_live", .gauge, "Those of them that are heard now."),
  ]

  private static let changes = [
    Self("bullpen_changes_committed_total", .counter, "Changes of this device that are on disk."),
    Self("bullpen_changes_applied_total", .counter, "Changes of other devices that were stored."),
    Self("bullpen_changes_refused_total", .counter, "Changes that were stored and are not believed."),
    Self("bullpen_commit_seconds", .histogram, "Time that a commit of this device's own took, disk included."),
  ]

  private static let web = [
    Self(
      "bullpen_web_requests_total", .counter, labels: ["route", "status"],
      "Requests that the local API answered, by route and class of status."),
    Self("bullpen_websockets_open", .gauge, "WebSockets of views and programs."),
  ]

  private static let process = [
    Self("process_resident_memory_bytes", .gauge, "Resident memory."),
    Self("process_cpu_seconds_total", .counter, "User and system time."),
    Self("process_start_time_seconds", .gauge, "When the process began, in Unix time."),
    Self("process_open_fds", .gauge, "Open file descriptors."),
    Self("bullpen_build_info", .gauge, labels: ["version"], "Always 1; the label says which Bullpen this is."),
  ]
}
