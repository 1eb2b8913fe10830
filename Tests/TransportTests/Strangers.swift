import BullpenCore
import BullpenCrypto
import Crypto
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import SwiftASN1
import X509

@testable import BullpenTransport

/// Programs that do not keep to the protocol, written with the same TLS library and nothing of ours around it.
enum Stranger {
  /// What a well-behaved device would use, to be spoiled.
  static func configuration(_ key: DeviceKey) throws -> TLSConfiguration {
    let own = try DeviceCertificate(key)
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateChain = [.certificate(own.certificate)]
    configuration.privateKey = .privateKey(own.privateKey)
    configuration.certificateVerification = .noHostnameVerification
    configuration.verifySignatureAlgorithms = [.ed25519]
    configuration.signingSignatureAlgorithms = [.ed25519, .ecdsaSecp256R1Sha256]
    return configuration
  }

  /// A certificate that is as good as any elsewhere, over P-256.
  static func ecdsa() throws -> (NIOSSLCertificate, NIOSSLPrivateKey) {
    let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let name = try DistinguishedName { CommonName("stranger") }
    let certificate = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: Date(timeIntervalSince1970: 0),
      notValidAfter: Date(timeIntervalSince1970: 4_000_000_000), issuer: name, subject: name,
      signatureAlgorithm: .ecdsaWithSHA256, extensions: .init(), issuerPrivateKey: key)
    var serializer = DER.Serializer()
    try serializer.serialize(certificate)
    return (
      try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der),
      try NIOSSLPrivateKey(bytes: Array(key.serializeAsPEM().pemString.utf8), format: .pem)
    )
  }

  /// Connects, and takes whoever answers.
  static func dial(_ endpoint: Endpoint, _ configuration: TLSConfiguration) async throws -> any Channel {
    let context = try NIOSSLContext(configuration: configuration)
    return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let handler = try NIOSSLClientHandler(context: context, serverHostname: nil) { _, promise in
            promise.succeed(.certificateVerified)
          }
          try channel.pipeline.syncOperations.addHandlers([handler, Indifferent()])
        }
      }
      .connect(to: endpoint.socketAddress).get()
  }

  /// Listens, and does with a connection what it is told.
  static func listen(
    _ initialise: @escaping @Sendable (any Channel) throws -> Void
  ) async throws -> (any Channel, Endpoint) {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try initialise(channel) } }
      .bind(host: "127.0.0.1", port: 0).get()
    return (channel, Endpoint(channel.localAddress!)!)  // it is bound to an IPv4 address
  }

  /// Swallows errors, as a stranger would.
  final class Indifferent: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }

  /// Answers in clear text.
  final class Chatter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    func channelActive(context: ChannelHandlerContext) {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "220 mail.example ESMTP\r\n")), promise: nil)
    }
  }
}
