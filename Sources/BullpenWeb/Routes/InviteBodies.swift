import BullpenCore
import BullpenNode

struct InviteRequest: Decodable {
  var role: String?
  var uses: Int?
  /// Seconds.
  var expiresIn: Int?
  var ownDevice: Bool?

  /// Throws `invalid` with the field to blame.
  func checked() throws(Problem) -> (role: Role, uses: Int, lifetime: Int64) {
    guard let role = [Role.guest, .member, .admin].first(where: { $0.name == self.role ?? "member" }) else {
      throw Problem.invalid("/role", "An invite is for a guest, a member or an admin.")
    }
    let uses = uses ?? 1
    guard WebBounds.inviteUses.contains(uses) else {
      throw Problem.invalid("/uses", "An invite has 1–\(WebBounds.inviteUses.upperBound) uses.")
    }
    let seconds = expiresIn ?? 86_400
    guard WebBounds.inviteLifetime.contains(seconds) else {
      throw Problem.invalid("/expires_in", "An invite lives from a minute to 30 days, in seconds.")
    }
    return (role, uses, Int64(seconds) * 1_000)
  }
}

struct InviteBody: Encodable {
  let code: String
  /// The code as a link, and that as a picture.
  let link: String
  let qr: [String]
  let uses: Int
  let expires: Int64
  let role: String
  let ownDevice: Bool

  init(_ view: InviteView) {
    code = view.code
    link = "bullpen:\(view.code)"
    // Capital letters and digits take fewer modules, and a reader takes no notice of case.
    qr = QRPicture.rows(of: link.uppercased()) ?? []
    uses = view.uses
    expires = view.expires
    role = view.role.name
    ownDevice = view.isOwnDevice
  }
}
