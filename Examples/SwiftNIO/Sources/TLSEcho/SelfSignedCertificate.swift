// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import Foundation
public import NIOSSL
internal import SwiftASN1
internal import X509

/// A certificate for `localhost` that nobody has vouched for, with its key.
public struct SelfSignedCertificate: Sendable {
  /// What a server shows, and what its clients trust.
  public let certificate: NIOSSLCertificate
  private let key: NIOSSLPrivateKey

  /// Makes a key and a certificate that is valid for a day.
  public init() throws {
    let key = P256.Signing.PrivateKey()
    let name = try DistinguishedName { CommonName("localhost") }
    let now = Date()
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(),
      publicKey: Certificate.PublicKey(key.publicKey),
      notValidBefore: now.addingTimeInterval(-3600), notValidAfter: now.addingTimeInterval(86_400),
      issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
        SubjectAlternativeNames([.dnsName("localhost")])
      },
      issuerPrivateKey: Certificate.PrivateKey(key))
    var serializer = DER.Serializer()
    try serializer.serialize(certificate)
    self.certificate = try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)
    self.key = try NIOSSLPrivateKey(bytes: Array(key.derRepresentation), format: .der)
  }

  /// What a server needs to show the certificate.
  ///
  /// - Parameter protocols: What it speaks above TLS, as ALPN names it, in its order of preference.
  /// - Returns: The context, for any number of connections.
  /// - Throws: `NIOSSLError` if BoringSSL refuses.
  public func serverContext(protocols: [String] = []) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: [.certificate(certificate)], privateKey: .privateKey(key))
    configuration.applicationProtocols = protocols
    return try NIOSSLContext(configuration: configuration)
  }

  /// What a client needs to trust the certificate, and no other.
  ///
  /// - Parameter protocols: What it speaks above TLS, in its order of preference.
  /// - Returns: The context, for any number of connections.
  /// - Throws: `NIOSSLError` if BoringSSL refuses.
  public func clientContext(protocols: [String] = []) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .certificates([certificate])
    configuration.applicationProtocols = protocols
    return try NIOSSLContext(configuration: configuration)
  }
}
