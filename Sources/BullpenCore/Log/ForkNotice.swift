/// What a person is told of a device that has continued its history in several ways.
public struct ForkNotice: Hashable, Sendable {
  public var device: DeviceID
  /// Of the log that has most.
  public var branches: Int
  /// Whether there are histories that are not here.
  public var lacks: Bool
  /// When they parted first, in Unix milliseconds.
  public var since: Int64
  /// When they parted last.
  public var latest: Int64

  public init(device: DeviceID, branches: Int, lacks: Bool, since: Int64, latest: Int64) {
    self.device = device
    self.branches = branches
    self.lacks = lacks
    self.since = since
    self.latest = latest
  }

  /// Whether it is worth saying: what parted lately, and what is not kept. Where all is kept it is over, for the device
  /// goes on in a history of its own; where two machines live with its key, that is said as long as they do.
  public func matters(at wall: Int64) -> Bool { lacks || wall - latest < Limits.forkMemory }

  /// - Parameter name: of whom the device is.
  public func detail(_ name: String) -> String {
    "The history of \(name)'s device \(device.short) exists in "
      + "\(lacks ? "more than " : "")\(branches == 1 ? "one version" : "\(branches) versions") since "
      + "\(CalendarDay(local: since)): its disk was put back to an earlier state, or two machines live with its key. "
      + (lacks ? "\(branches == 1 ? "One is" : "\(branches) are") kept here." : "All of them are kept.")
  }

  public var hint: String {
    let end = "Where two machines live with one key, run `bullpen leave` on one of them and let it join anew."
    guard lacks else { return "After a disk that was put back there is nothing to do. \(end)" }
    return "\(end) Where that is not enough, an admin removes the device, and it joins anew: what is kept "
      + "of its histories stands."
  }
}
