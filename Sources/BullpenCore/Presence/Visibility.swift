/// Who may hear of a person: decided here, and enforced at the source by not sending.
public enum Visibility {
  /// Whether `listener` may hear of the person of `speaker`. Everybody sees the workspace's members as a team, in
  /// which guests are not; one's own devices always hear one another.
  public static func mayHear(_ listener: DeviceID, of speaker: DeviceID, in membership: Membership) -> Bool {
    guard let hearing = membership.device(listener) else { return false }
    return hearing.role >= .member || hearing.member == membership.device(speaker)?.member
  }
}
