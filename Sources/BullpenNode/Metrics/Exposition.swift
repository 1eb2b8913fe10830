/// Prometheus' text format, version 0.0.4, of which we use this:
///
///     # HELP name words           backslash and line feed escaped
///     # TYPE name counter         or gauge, histogram
///     name 1                      a sample without labels
///     name{label="value"} 1.5     quotes escaped besides
///     name_bucket{le="0.005"} 3   of a histogram, each bucket holding those before it, the last le="+Inf"
///     name_sum 0.25               seconds
///     name_count 4
///
/// Lines end with a line feed, the last too.
extension MetricsBoard {
  /// The media type that goes with `text`.
  public static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

  /// Everything that is known now, in the order of the declarations.
  public var text: String {
    var text = ""
    for declaration in MetricDeclaration.all {
      text += "# HELP \(declaration.name) \(Self.escaped(declaration.help))\n"
      text += "# TYPE \(declaration.name) \(declaration.kind.rawValue)\n"
      for (key, series) in series(of: declaration.name) {
        let labels = Array(zip(declaration.labels, key.values))
        switch series {
        case .number(let series): text += Self.line(declaration.name, labels, Self.number(series.value))
        case .histogram(let series): text += Self.lines(declaration.name, labels, series.reading)
        }
      }
    }
    return text
  }

  private static func lines(
    _ name: String, _ labels: [(String, String)], _ reading: HistogramSeries.Reading
  ) -> String {
    var text = ""
    for (bound, count) in zip(HistogramSeries.bounds, reading.counts) {
      text += line(name + "_bucket", labels + [("le", number(bound))], "\(count)")
    }
    text += line(name + "_bucket", labels + [("le", "+Inf")], "\(reading.count)")
    return text + line(name + "_sum", labels, number(reading.sum)) + line(name + "_count", labels, "\(reading.count)")
  }

  private static func line(_ name: String, _ labels: [(String, String)], _ value: String) -> String {
    guard !labels.isEmpty else { return "\(name) \(value)\n" }
    let pairs = labels.map { "\($0)=\"\(escaped($1).replacing("\"", with: "\\\""))\"" }
    return "\(name){\(pairs.joined(separator: ","))} \(value)\n"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
  }

  /// Whole numbers without a fraction, as long as a Double tells them apart.
  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 9e15 ? "\(Int64(value))" : "\(value)"
  }
}
