/// The invites that are not stated: the node that made one honours it, for one further device of its own member.
public struct OwnDeviceInvites: Hashable, Sendable {
  public struct Open: Hashable, Sendable {
    /// The last moment, in Unix milliseconds.
    public let expiry: Int64
    /// The device that was let in; nil while there is none.
    public fileprivate(set) var usedBy: DeviceID?
  }

  private var open: [InviteID: Open] = [:]

  public init() {}

  /// Nil for one that was not made here, or has given way.
  public subscript(invite: InviteID) -> Open? { open[invite] }

  /// Opens one, in place of the oldest where there are `Limits.openLinks`.
  public mutating func open(_ invite: InviteID, until expiry: Int64) {
    let oldest = open.min { ($0.value.expiry, $0.key) < ($1.value.expiry, $1.key) }
    if open.count >= Limits.openLinks, let oldest { open[oldest.key] = nil }
    open[invite] = Open(expiry: expiry)
  }

  /// Uses one up. Whose answer was lost on the way may come again.
  ///
  /// - Returns: whether it is this device's to use.
  public mutating func use(_ invite: InviteID, for device: DeviceID) -> Bool {
    guard let found = open[invite], found.usedBy == nil || found.usedBy == device else { return false }
    open[invite]?.usedBy = device
    return true
  }
}
