/// Which Bullpen this is.
public enum Release {
  /// As `bullpen --version` and `/metrics` say it (semantic versioning).
  public static let version = "0.1.0"
}
