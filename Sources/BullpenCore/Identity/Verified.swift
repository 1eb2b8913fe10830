/// A value whose proof has been checked. Core judges what is said only after it is known who said it, and
/// only BullpenCrypto imports the initialiser.
public struct Verified<Value: Sendable>: Sendable {
  public let value: Value

  @_spi(Proof) public init(_ value: Value) { self.value = value }
}

extension Verified: Equatable where Value: Equatable {}
extension Verified: Hashable where Value: Hashable {}
