import BullpenCore
import BullpenTransport
import Metrics
import Synchronization

/// What the node counts. Some is counted as it happens; what sockets and the system count themselves is read
/// whenever somebody asks.
final class NodeMetrics: Sendable {
  let committed: Counter
  let applied: Counter
  let refused: Counter
  let commitSeconds: Timer

  private let sent, received, unchecked, handshakesFailed, turnedAway: Total
  private let dropped: [(reason: DropReason, total: Total)]
  private let unsent: [(reason: SendDropReason, total: Total)]
  private let closed: [(reason: CloseReason, total: Total)]
  private let open, workspaces, known, live, memory, descriptors, started: Meter
  private let processor: FloatingPointCounter
  private let lastProcessor = Mutex(0.0)

  init(_ factory: any MetricsFactory) {
    func total(_ name: String, _ dimensions: [(String, String)] = []) -> Total {
      Total(Counter(label: name, dimensions: dimensions, factory: factory))
    }
    func meter(_ name: String) -> Meter { Meter(label: name, factory: factory) }
    committed = Counter(label: "bullpen_changes_committed_total", factory: factory)
    applied = Counter(label: "bullpen_changes_applied_total", factory: factory)
    refused = Counter(label: "bullpen_changes_refused_total", factory: factory)
    commitSeconds = Timer(label: "bullpen_commit_seconds", factory: factory)
    sent = total("bullpen_datagrams_sent_total")
    received = total("bullpen_datagrams_received_total")
    unchecked = total("bullpen_cursors_unchecked_total")
    handshakesFailed = total("bullpen_handshakes_failed_total")
    turnedAway = total("bullpen_connections_turned_away_total")
    dropped = DropReason.allCases.map { ($0, total("bullpen_datagrams_dropped_total", [("reason", $0.rawValue)])) }
    unsent = SendDropReason.allCases.map { ($0, total("bullpen_datagrams_unsent_total", [("reason", $0.rawValue)])) }
    closed = CloseReason.allCases.map { ($0, total("bullpen_connections_closed_total", [("reason", $0.rawValue)])) }
    open = meter("bullpen_connections_open")
    workspaces = meter("bullpen_workspaces")
    known = meter("bullpen_peers_known")
    live = meter("bullpen_peers_live")
    memory = meter("process_resident_memory_bytes")
    descriptors = meter("process_open_fds")
    started = meter("process_start_time_seconds")
    processor = FloatingPointCounter(label: "process_cpu_seconds_total", factory: factory)
    Meter(label: "bullpen_build_info", dimensions: [("version", Release.version)], factory: factory).set(1)
  }

  func note(_ datagrams: DatagramCounts, _ connections: ConnectionCounts) {
    sent.reach(datagrams.sent)
    received.reach(datagrams.received)
    unchecked.reach(datagrams.unchecked)
    for (reason, total) in dropped { total.reach(datagrams.drops[reason] ?? 0) }
    for (reason, total) in unsent { total.reach(datagrams.sendDrops[reason] ?? 0) }
    for (reason, total) in closed { total.reach(connections.closed[reason] ?? 0) }
    handshakesFailed.reach(connections.handshakesFailed)
    turnedAway.reach(connections.turnedAway)
    open.set(connections.open)
  }

  func note(workspaces: Int, known: Int, live: Int) {
    self.workspaces.set(workspaces)
    self.known.set(known)
    self.live.set(live)
  }

  func note(_ process: ProcessReading) {
    memory.set(process.residentBytes)
    descriptors.set(process.descriptors)
    started.set(process.started)
    lastProcessor.withLock { last in
      guard process.processorSeconds > last else { return }
      processor.increment(by: process.processorSeconds - last)
      last = process.processorSeconds
    }
  }

  /// A counter whose number somebody else keeps.
  private final class Total: Sendable {
    private let counter: Counter
    private let last = Mutex(0)

    init(_ counter: Counter) { self.counter = counter }

    func reach(_ total: Int) {
      last.withLock { last in
        guard total > last else { return }
        counter.increment(by: total - last)
        last = total
      }
    }
  }
}
