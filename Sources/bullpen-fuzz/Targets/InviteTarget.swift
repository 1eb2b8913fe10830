import BullpenCore
import BullpenWire

/// A line that somebody pastes, who had it from anybody. An input that begins with a zero is what the line holds, and
/// gets the sum and the letters that make it one; any other is the text itself.
final class InviteTarget: FuzzTarget {
  static let name = "invite"
  static let form = InputForm.text
  static let words = ["bullpen1", "bullpen2", "bullpen join ", "https://", "“", "\n", "-", " ", "=", "1", "aaaaaaaa"]
    .map { Array($0.utf8) }

  private static let code = InviteCode(
    secret: Samples.id16Bytes, workspace: Samples.id32(0x57), uses: 3, expiry: Cast.wall,
    addresses: [Endpoint(address: [10, 0, 0, 7], port: 4_781), Endpoint(address: [UInt8](2...17), port: 4_781)]
      .compactMap { $0 })

  static func seeds() -> [[UInt8]] {
    let text = InviteCodec.encode(code)
    let wrapped = text.enumerated().map { ($0 > 0 && $0 % 40 == 0 ? "\r\n  " : "") + String($1) }.joined()
    let held = code.secret.bytes + code.workspace.bytes
    return ["bullpen join \"\(text)\"", wrapped, text.uppercased(), "bullpen2" + text.dropFirst(8)]
      .map { Array($0.utf8) } + [
        [0] + held + [0, 0, 0, 3] + UInt64(Cast.wall).bigEndianBytes + [1, 4, 10, 0, 0, 7, 0x12, 0xad],
        [0] + held + [0, 0, 0, 1] + UInt64(Cast.wall).bigEndianBytes + [0],
        [0] + held + [0xff, 0xff, 0xff, 0xff] + (UInt64(1) << 63).bigEndianBytes + [0],
        [0] + held + [0, 0, 0, 1] + UInt64(Cast.wall).bigEndianBytes + [0] + Samples.id16Bytes.bytes,
      ]
  }

  func run(_ bytes: [UInt8]) throws -> String {
    let text = bytes.first == 0 ? Self.line(Array(bytes.dropFirst())) : String(decoding: bytes, as: UTF8.self)
    let code: InviteCode
    do throws(InviteCodeError) {
      code = try InviteCodec.decode(text)
    } catch {
      return kind(error)
    }
    try require(text.utf8.count <= Limits.inviteCharacters, "a line of \(text.utf8.count) bytes")
    try require(code.addresses.count <= Limits.inviteAddresses, "\(code.addresses.count) addresses")
    for variant in [text.uppercased(), " " + text.map(String.init).joined(separator: "\n")] {
      guard variant.utf8.count <= Limits.inviteCharacters, text.utf8.allSatisfy({ $0 < 128 }) else { continue }
      try require((try? InviteCodec.decode(variant)) == code, "wrapped, or in capitals, it is another invite")
    }
    // An interface's index means nothing elsewhere, so addresses of one link are not written.
    var told = code
    told.addresses.removeAll { $0.isLinkLocal }
    try require((try? InviteCodec.decode(InviteCodec.encode(told))) == told, "written and read again it is another")
    let report = JoinReport(JoinLedger(), expiry: code.expiry, at: Instant(boot: 0, wall: Cast.wall))
    try require(!report.summary.detail.isEmpty, "a joining that failed has nothing to say")
    return
      "an invite with \(code.addresses.count) addresses, \(code.member == nil ? "a member" : "a device"), \(report.summary.cause)"
  }

  /// As `InviteCodec` says it, and not by its code.
  static func line(_ held: [UInt8]) -> String {
    var sum: UInt32 = .max
    for byte in held {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
    }
    let bits = (held + UInt64(~sum).bigEndianBytes.suffix(4)).flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
    let letters = Array("abcdefghijklmnopqrstuvwxyz234567")
    return "bullpen1"
      + String(
        stride(from: 0, to: bits.count, by: 5).map { start in
          letters[(0..<5).reduce(0) { $0 << 1 | Int(start + $1 < bits.count ? bits[start + $1] : 0) }]
        })
  }
}

extension Samples {
  static let id16Bytes = Bytes16([UInt8](repeating: 0x5e, count: 16))!  // 16 bytes
}
