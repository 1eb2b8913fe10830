/// How much of this node's person may be counted, and what it shows now.
extension Workspace {
  /// What there is to count now.
  ///
  /// - Parameter ahead: milliseconds that the local clock is ahead of UTC.
  /// - Returns: nil where this device is no member's.
  public func tallied(at now: Instant, ahead: Int64) -> PresenceTally.Moment? {
    guard let me = membership.device(own)?.member else { return nil }
    let others = shown(me, at: now)?.devices.filter { other in
      // Whoever does not show idling is shown as online, and is counted so.
      other.device != own && (other.status.isHere || other.status == .idle && !visibility.showsActivity)
    }
    return PresenceTally.Moment(
      boot: now.boot, local: corrected(now) + ahead, isCounted: isCounted, readers: Set(analyticsReaders),
      device: own, presence: presence.told, others: Set(others?.map(\.device) ?? []))
  }

  /// Whether anything of this person is counted: an admin turned it on, the person was told, and is seen by one who may
  /// read it.
  public var isCounted: Bool {
    privacy.analytics.isOn && privacy.isToldOfAnalytics && privacy.level != .nobody && !analyticsReaders.isEmpty
  }

  /// The owner and admins who may see the person, the person itself if it is one, in ascending order: they learn from
  /// sums no more than what it shows.
  public var analyticsReaders: [MemberID] {
    guard let me = membership.device(own)?.member else { return [] }
    return analyticsAdmins.filter { $0 == me || visibility.members.contains($0) }
  }

  /// The owner and admins, in ascending order.
  public var analyticsAdmins: [MemberID] {
    membership.members.values.filter { $0.role >= .admin && !$0.devices.isEmpty }.map(\.id).sorted()
  }
}
