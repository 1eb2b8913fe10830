/// A secret says its type and nothing more, wherever a value of it is printed: in a log, by a failed test, or amid
/// the fields of something else.
public protocol Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Redacted {
  public var description: String { "\(Self.self)(secret)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}

extension DeviceKey: Redacted {}
extension MemberSecret: Redacted {}
extension RowSecret: Redacted {}
extension InviteKey: Redacted {}
extension DatagramKey: Redacted {}
