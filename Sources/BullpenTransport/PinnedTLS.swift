import BullpenCore
import BullpenCrypto
import NIOCore
import NIOSSL

/// TLS 1.3 (RFC 8446) between devices: both show a certificate, signatures are Ed25519 only, and the key alone
/// says who somebody is. There is no authority, no name and no date to check.
struct PinnedTLS: Sendable {
  private let server: NIOSSLContext
  private let client: NIOSSLContext

  init(_ device: DeviceKey) throws {
    let own = try DeviceCertificate(device)
    var server = TLSConfiguration.makeServerConfiguration(
      certificateChain: [.certificate(own.certificate)], privateKey: .privateKey(own.privateKey))
    var client = TLSConfiguration.makeClientConfiguration()
    client.certificateChain = [.certificate(own.certificate)]
    client.privateKey = .privateKey(own.privateKey)
    Self.harden(&server)
    Self.harden(&client)
    self.server = try NIOSSLContext(configuration: server)
    self.client = try NIOSSLContext(configuration: client)
  }

  private static func harden(_ configuration: inout TLSConfiguration) {
    configuration.minimumTLSVersion = .tlsv13
    // A server asks for a client's certificate in this mode alone; what is in it, the callbacks below decide.
    configuration.certificateVerification = .noHostnameVerification
    // Nobody's signature is trusted; and the default would ask for the system's authorities, which a bare machine lacks.
    configuration.trustRoots = .certificates([])
    configuration.verifySignatureAlgorithms = [.ed25519]
    configuration.signingSignatureAlgorithms = [.ed25519]
    // A peer that does not answer our farewell is not waited for long.
    configuration.shutdownTimeout = .seconds(2)
  }

  /// Takes any device: what it may do is decided by the greeting.
  func makeServerHandler() -> NIOSSLServerHandler {
    NIOSSLServerHandler(context: server) { certificates, promise in
      promise.succeed(certificates.first.flatMap(DeviceID.init) == nil ? .failed : .certificateVerified)
    }
  }

  /// Takes the device that is expected, or any where none is.
  /// - Parameter met: hears whom the other side's certificate names, before its proof is checked.
  func makeClientHandler(expecting: DeviceID?, met: Shared<DeviceID?>) throws -> NIOSSLClientHandler {
    try NIOSSLClientHandler(context: client, serverHostname: nil) { certificates, promise in
      let found = certificates.first.flatMap(DeviceID.init)
      met.value = found
      let isRight = found != nil && (expecting == nil || expecting == found)
      promise.succeed(isRight ? .certificateVerified : .failed)
    }
  }
}
