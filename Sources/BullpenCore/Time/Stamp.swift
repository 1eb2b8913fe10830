/// The total order of writes: time, then device, then place in the change, then the digest of the written
/// bytes. Who relayed a write never counts.
public struct Stamp: Hashable, Comparable, Sendable {
  public let time: HybridTime
  public let device: DeviceID
  /// The ordinal of the cell in its change, from 0.
  public let index: UInt16

  public init(time: HybridTime, device: DeviceID, index: UInt16) {
    self.time = time
    self.device = device
    self.index = index
  }

  public static func < (a: Stamp, b: Stamp) -> Bool {
    if a.time != b.time { return a.time < b.time }
    if a.device != b.device { return a.device < b.device }
    return a.index < b.index
  }
}
