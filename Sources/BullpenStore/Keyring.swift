import BullpenCore
import BullpenCrypto

/// The secrets by which this device opens what is sealed to its member: the one that it joined with, those that its
/// member's devices have stated since, and its own.
struct Keyring {
  private let author: Author
  private let boxes: [(key: MemberKey, box: [UInt8])]

  init(_ author: Author, _ membership: Membership) {
    self.author = author
    boxes = membership.keyBoxes(for: author.device.id)
  }

  /// Opens a grant to the member, whichever of its keys it was sealed to; nil when this device holds none of them.
  func openGrant(_ box: [UInt8]) -> RowSecret? {
    if let secret = author.secret.openGrant(box) { return secret }
    // The newest first. There are as many as devices were lost, so seldom any.
    for stated in boxes.reversed() {
      if let secret = open(stated)?.openGrant(box) { return secret }
    }
    return nil
  }

  /// Opens what was sealed to this device alone.
  func openOwn(_ box: [UInt8]) -> RowSecret? { author.device.sealing.openGrant(box) }

  /// The secret of one of the member's stated keys.
  func secret(of key: MemberKey) -> MemberSecret? { boxes.lazy.filter { $0.key == key }.compactMap(open).first }

  private func open(_ stated: (key: MemberKey, box: [UInt8])) -> MemberSecret? {
    author.device.sealing.openSecret(stated.box).flatMap { $0.key == stated.key ? $0 : nil }
  }
}
