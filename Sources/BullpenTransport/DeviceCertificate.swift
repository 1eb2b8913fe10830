import BullpenCore
import BullpenCrypto
import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// A device's key in the form that TLS wants: a self-signed X.509 certificate (RFC 5280) over Ed25519 (RFC 8410).
/// It carries the key and constants, nothing about the person or the host, and is the same at every start.
package struct DeviceCertificate: Sendable {
  package let certificate: NIOSSLCertificate
  let privateKey: NIOSSLPrivateKey

  package init(_ device: DeviceKey) throws {
    let key = try Certificate.PrivateKey(Curve25519.Signing.PrivateKey(rawRepresentation: device.seed.bytes))
    let name = try DistinguishedName { CommonName("bullpen") }
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(bytes: [1]), publicKey: key.publicKey,
      // A device key does not expire, and no peer looks: 9999-12-31T23:59:59Z says so (RFC 5280, 4.1.2.5).
      notValidBefore: Date(timeIntervalSince1970: 1_577_836_800),
      notValidAfter: Date(timeIntervalSince1970: 253_402_300_799),
      issuer: name, subject: name, signatureAlgorithm: .ed25519,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        try ExtendedKeyUsage([.serverAuth, .clientAuth])
      },
      issuerPrivateKey: key)
    var serializer = DER.Serializer()
    try serializer.serialize(certificate)
    self.certificate = try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)
    privateKey = try NIOSSLPrivateKey(bytes: Array(key.serializeAsPEM().pemString.utf8), format: .pem)
  }
}

extension DeviceID {
  /// A DER SubjectPublicKeyInfo of an Ed25519 key, up to the key (RFC 8410).
  private static let prefix: [UInt8] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]

  /// The device whose key a certificate holds; nil when the key is none of Ed25519.
  package init?(_ certificate: NIOSSLCertificate) {
    // NIOSSL ends the process where BoringSSL cannot read a certificate's key, so it is asked only for a key that is
    // written as it should be. What counts is BoringSSL's word: by that key the other side is proved.
    guard let bytes = try? certificate.toDERBytes(), let written = Self.keyInfo(in: bytes),
      written.count == Self.prefix.count + 32, written.starts(with: Self.prefix),
      let key = try? certificate.extractPublicKey().toSPKIBytes(), key.elementsEqual(written)
    else { return nil }
    self.init(bytes: key.dropFirst(Self.prefix.count))
  }

  /// The SubjectPublicKeyInfo of a certificate (RFC 5280, 4.1) as it is written; nil where there is none.
  private static func keyInfo(in certificate: [UInt8]) -> ArraySlice<UInt8>? {
    func parts(_ node: ASN1Node?) -> [ASN1Node] {
      guard case .constructed(let nodes)? = node?.content else { return [] }
      return Array(nodes)
    }
    let fields = parts(parts(try? DER.parse(certificate)).first)
    // Before it: serial number, signature, issuer, validity, subject; and the version, where it is not the first.
    let place = fields.first?.identifier.tagClass == .contextSpecific ? 6 : 5
    return fields.count > place ? fields[place].encodedBytes : nil
  }
}
