import BullpenCore
import BullpenCrypto
import BullpenTransport
import NIOSSL

/// A certificate that the other side of a TLS connection shows, up to the device that it names.
final class CertificateTarget: FuzzTarget {
  static let name = "certificate"
  static let form = InputForm.bytes
  /// Object identifiers and headers of DER: Ed25519, X25519, Ed448, RSA, an elliptic curve, a key of 32 bytes.
  static let words: [[UInt8]] = [
    [0x06, 0x03, 0x2b, 0x65, 0x70], [0x06, 0x03, 0x2b, 0x65, 0x6e], [0x06, 0x03, 0x2b, 0x65, 0x71],
    [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01],
    [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
    [0x03, 0x21, 0x00], [0x30, 0x82, 0xff, 0xff], [0x30, 0x80], [0x30, 0x84, 0xff, 0xff, 0xff, 0xff], [0x05, 0x00],
  ]
  /// A DER SubjectPublicKeyInfo of an Ed25519 key, up to the key (RFC 8410).
  private static let prefix: [UInt8] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]

  private static var devices: [DeviceKey] {
    (1...3).map { DeviceKey(seed: Blake2b.digest([UInt8($0)]).raw) }
  }

  private static let own = Set(seeds())

  static func seeds() -> [[UInt8]] {
    devices.compactMap { try? DeviceCertificate($0).certificate.toDERBytes() }
  }

  func run(_ bytes: [UInt8]) throws -> String {
    guard let certificate = try? NIOSSLCertificate(bytes: bytes, format: .der) else { return "none" }
    guard let device = DeviceID(certificate) else {
      try require(!Self.own.contains(bytes), "a device's own certificate names nobody")
      return "a certificate of no device"
    }
    let key = try certificate.extractPublicKey().toSPKIBytes()
    try require(key == Self.prefix + device.bytes, "a device whose key is not the certificate's")
    // A certificate of 300 bytes holds the key once, as it is.
    try require(bytes.count > 44, "a device from \(bytes.count) bytes")
    return Self.devices.contains { $0.id == device } ? "a device" : "another device"
  }
}
