import BullpenCore

/// An invite as one line of text: `bullpen1` and base32 (RFC 4648, lower case, no padding) of
///
///     secret 16 ‖ workspace 32 ‖ uses 4 ‖ expiry 8 ‖ count 1 ‖ addresses ‖ member 0 or 16 ‖ CRC-32 of all before, 4
///
/// with each address as length 1 (4 or 16) ‖ bytes ‖ port 2, and the member where the invite is for a further device of
/// that member. Integers are big-endian. A reader takes no notice
/// of case, white space, wrapped lines, hyphens and quotation marks, because people paste from anywhere.
public enum InviteCodec {
  static let prefix = "bullpen1"
  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

  public static func encode(_ code: InviteCode) -> String {
    var bytes = code.secret.bytes + code.workspace.bytes
    bytes += UInt64(code.uses).bigEndianBytes.suffix(4)
    bytes += UInt64(bitPattern: code.expiry).bigEndianBytes
    let addresses = code.addresses.filter { !$0.isLinkLocal }.prefix(Limits.inviteAddresses)
    bytes.append(UInt8(addresses.count))
    for endpoint in addresses {
      bytes.append(UInt8(endpoint.address.count))
      bytes += endpoint.address + [UInt8(endpoint.port >> 8), UInt8(truncatingIfNeeded: endpoint.port)]
    }
    bytes += code.member?.bytes ?? []
    bytes += UInt64(crc32(bytes)).bigEndianBytes.suffix(4)
    return prefix + base32(bytes)
  }

  public static func decode(_ text: String) throws(InviteCodeError) -> InviteCode {
    guard text.utf8.count <= Limits.inviteCharacters else { throw .notAnInvite }
    let clean = text.lowercased().utf8.filter { character in
      (97...122).contains(character) || (48...57).contains(character)
    }
    guard let line = String(validating: clean, as: UTF8.self) else { throw .notAnInvite }
    // Base32 has no 1, so the mark stands in an invite only at its beginning: what comes before is the command or
    // the sentence around it.
    guard let mark = line.firstRange(of: prefix) else { throw isNewer(line) ? .newer : .notAnInvite }
    guard let bytes = bytes(ofBase32: line[mark.upperBound...].utf8), bytes.count >= 16 + 32 + 4 + 8 + 1 + 4,
      crc32(Array(bytes.dropLast(4))) == number(bytes.suffix(4))
    else { throw .damaged }
    var rest = bytes.dropLast(4)
    func take(_ count: Int) throws(InviteCodeError) -> [UInt8] {
      guard rest.count >= count else { throw .damaged }
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    guard let secret = Bytes16(try take(16)), let workspace = WorkspaceID(bytes: try take(32)) else { throw .damaged }
    let uses = number(try take(4))
    guard let expiry = UInt64(bigEndianBytes: try take(8)).map({ Int64(bitPattern: $0) }),
      WireRange.moments.contains(expiry), let count = try take(1).first, count <= Limits.inviteAddresses
    else { throw .damaged }
    var addresses: [Endpoint] = []
    for _ in 0..<count {
      let length = Int(try take(1)[0])
      let address = try take(length)
      let port = UInt16(truncatingIfNeeded: number(try take(2)))
      guard let endpoint = Endpoint(address: address, port: port) else { throw .damaged }
      addresses.append(endpoint)
    }
    let member = rest.isEmpty ? nil : MemberID(bytes: try take(16))
    guard rest.isEmpty else { throw .damaged }
    return InviteCode(
      secret: secret, workspace: workspace, uses: uses, expiry: expiry, addresses: addresses, member: member)
  }

  /// Whether a text holds the mark of a later form, and enough behind it to be one.
  private static func isNewer(_ line: String) -> Bool {
    line.ranges(of: "bullpen").contains { mark in
      let rest = line[mark.upperBound...]
      return rest.utf8.count > 64 && rest.utf8.first.map { (50...57).contains($0) } == true
    }
  }

  private static func number(_ bytes: some Sequence<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

  private static func base32(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    var buffer: UInt32 = 0
    var bits: UInt32 = 0
    for byte in bytes {
      buffer = buffer << 8 | UInt32(byte)
      bits += 8
      while bits >= 5 {
        bits -= 5
        text.append(alphabet[Int(buffer >> bits & 31)])
      }
      buffer &= (1 << bits) - 1
    }
    if bits > 0 { text.append(alphabet[Int(buffer << (5 - bits) & 31)]) }
    return String(decoding: text, as: UTF8.self)
  }

  private static func bytes(ofBase32 text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer: UInt32 = 0
    var bits: UInt32 = 0
    for character in text {
      guard let value = alphabet.firstIndex(of: character) else { return nil }
      buffer = buffer << 5 | UInt32(value)
      bits += 5
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
        buffer &= (1 << bits) - 1
      }
    }
    // What is left over is padding: less than a character, and zero.
    return bits < 5 && buffer == 0 ? bytes : nil
  }

  /// CRC-32 (IEEE 802.3), which finds every slip of a copying hand up to 32 bits.
  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var sum: UInt32 = .max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 {
        let isOdd = sum & 1 == 1
        sum >>= 1
        if isOdd { sum ^= 0xedb8_8320 }
      }
    }
    return ~sum
  }
}

/// Why a text is no invite that can be used.
public enum InviteCodeError: Error, Hashable, Sendable, CustomStringConvertible {
  case notAnInvite
  case damaged
  case newer

  public var description: String {
    switch self {
    case .notAnInvite: "This is not an invite. An invite begins with “bullpen1”."
    case .damaged: "The invite is damaged: a part is missing or was changed. Copy the whole line again."
    case .newer: "The invite was made by a newer Bullpen. Update this one and try again."
    }
  }
}
