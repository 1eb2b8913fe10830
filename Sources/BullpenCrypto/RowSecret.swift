import BullpenCore
import CSodium

/// Where a sealed cell belongs. All of it is authenticated with the cell: a ciphertext that is moved to
/// another row, table, workspace or writer does not open.
public struct SealContext: Hashable, Sendable {
  public var workspace: WorkspaceID
  public var table: String
  public var key: [UInt8]
  public var column: String
  public var device: DeviceID
  public var time: HybridTime
  public var index: UInt16

  public init(
    workspace: WorkspaceID, table: String, key: [UInt8], column: String, device: DeviceID, time: HybridTime,
    index: UInt16
  ) {
    self.workspace = workspace
    self.table = table
    self.key = key
    self.column = column
    self.device = device
    self.time = time
    self.index = index
  }

  /// domain ‖ workspace 32 ‖ device 32 ‖ time 8 ‖ index 2 ‖ three texts, each after its length in 2 bytes
  var bytes: [UInt8] {
    var out = "cell".domain + workspace.bytes + device.bytes + UInt64(bitPattern: time.raw).bigEndianBytes
    out += index.bigEndianPair
    for text in [Array(table.utf8), key, Array(column.utf8)] {
      out += UInt16(clamping: text.count).bigEndianPair + text
    }
    return out
  }
}

extension UInt16 {
  fileprivate var bigEndianPair: [UInt8] { [UInt8(self >> 8), UInt8(truncatingIfNeeded: self)] }
}

/// The key of one row: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) over padded cells.
public struct RowSecret: Hashable, Sendable {
  public let secret: Bytes32
  /// Cells are padded to a multiple, so that a size tells little (ISO/IEC 7816-4).
  static let block = 64

  public init(_ secret: Bytes32) { self.secret = secret }
  public init(using generator: inout some RandomNumberGenerator) {
    secret = Bytes32(using: &generator)
  }

  /// nonce 24 ‖ ciphertext of the cell's padded encoding
  public func seal(
    _ value: Value, in context: SealContext, using generator: inout some RandomNumberGenerator
  ) -> CellContent {
    Sodium.ready
    var plain = CellContent.clear(value).bytes + [0x80]
    plain += [UInt8](repeating: 0, count: (Self.block - plain.count % Self.block) % Self.block)
    let nonce = Array((Bytes16(using: &generator).bytes + Bytes16(using: &generator).bytes).prefix(24))
    let bound = context.bytes
    var sealed = [UInt8](repeating: 0, count: plain.count + 16)
    crypto_aead_xchacha20poly1305_ietf_encrypt(
      &sealed, nil, plain, UInt64(plain.count), bound, UInt64(bound.count), nil, nonce, secret.bytes)
    return .sealed(nonce + sealed)
  }

  /// Nil when the cell was sealed with another key or for another place.
  public func open(_ content: CellContent, in context: SealContext) -> Value? {
    Sodium.ready
    guard case .sealed(let bytes) = content, bytes.count >= Limits.sealOverhead + Self.block else { return nil }
    let nonce = Array(bytes.prefix(24))
    let sealed = Array(bytes.dropFirst(24))
    let bound = context.bytes
    var plain = [UInt8](repeating: 0, count: sealed.count - 16)
    guard
      crypto_aead_xchacha20poly1305_ietf_decrypt(
        &plain, nil, nil, sealed, UInt64(sealed.count), bound, UInt64(bound.count), nonce, secret.bytes) == 0,
      let end = plain.lastIndex(where: { $0 != 0 }), plain[end] == 0x80,
      case .clear(let value) = CellContent(bytes: plain[..<end])
    else { return nil }
    return value
  }
}
