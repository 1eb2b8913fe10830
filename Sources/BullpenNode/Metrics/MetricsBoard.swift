import Metrics
import Synchronization

/// Keeps what is counted by swift-metrics until somebody asks. Names and labels are bounded: those of
/// `MetricDeclaration.all`, and so many series of one name.
public final class MetricsBoard: MetricsFactory {
  /// A line's labels, in the order of the declaration.
  struct SeriesKey: Hashable, Comparable {
    let values: [String]
    static func < (left: Self, right: Self) -> Bool { left.values.lexicographicallyPrecedes(right.values) }
  }

  enum Series {
    case number(NumberSeries)
    case histogram(HistogramSeries)
  }

  /// Series of one name; those beyond are not kept. Forty routes with five classes of status fit.
  static let seriesLimit = 256

  private let declarations: [String: MetricDeclaration]
  private let state = Mutex<[String: [SeriesKey: Series]]>([:])

  public init() {
    declarations = Dictionary(MetricDeclaration.all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The series of a name, in the order of their labels.
  func series(of name: String) -> [(key: SeriesKey, series: Series)] {
    state.withLock { $0[name] ?? [:] }.sorted { $0.key < $1.key }.map { (key: $0.key, series: $0.value) }
  }

  // MARK: - MetricsFactory

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    number(label, dimensions, .counter) ?? NOOPMetricsHandler.instance
  }

  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    number(label, dimensions, .counter) ?? NOOPMetricsHandler.instance
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    number(label, dimensions, .gauge) ?? NOOPMetricsHandler.instance
  }

  /// No name of ours is a distribution of anything but time.
  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    (aggregate ? nil : number(label, dimensions, .gauge)) ?? NOOPMetricsHandler.instance
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    guard case .histogram(let series)? = find(label, dimensions, .histogram, { .histogram(HistogramSeries()) }) else {
      return NOOPMetricsHandler.instance
    }
    return series
  }

  // A series that nobody writes any more keeps its last value: a counter that vanished would look like a restart.
  public func destroyCounter(_: any CounterHandler) {}
  public func destroyFloatingPointCounter(_: any FloatingPointCounterHandler) {}
  public func destroyMeter(_: any MeterHandler) {}
  public func destroyRecorder(_: any RecorderHandler) {}
  public func destroyTimer(_: any TimerHandler) {}

  private func number(
    _ name: String, _ dimensions: [(String, String)], _ kind: MetricDeclaration.Kind
  ) -> NumberSeries? {
    guard case .number(let series)? = find(name, dimensions, kind, { .number(NumberSeries()) }) else { return nil }
    return series
  }

  /// Nil for what is not declared so, and beyond the bound.
  private func find(
    _ name: String, _ dimensions: [(String, String)], _ kind: MetricDeclaration.Kind, _ make: () -> Series
  ) -> Series? {
    guard let declaration = declarations[name], declaration.kind == kind,
      dimensions.map(\.0).sorted() == declaration.labels.sorted()
    else { return nil }
    let values = declaration.labels.map { label in dimensions.first { $0.0 == label }?.1 ?? "" }
    let key = SeriesKey(values: values)
    return state.withLock { state in
      if let known = state[name]?[key] { return known }
      guard state[name, default: [:]].count < Self.seriesLimit else { return nil }
      let made = make()
      state[name, default: [:]][key] = made
      return made
    }
  }
}
