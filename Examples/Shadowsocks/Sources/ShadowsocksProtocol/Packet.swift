// SPDX-License-Identifier: Apache-2.0

/// A datagram between a client and a server, opened.
public struct Packet: Hashable, Sendable {
  /// Where the payload goes to, or where it comes from.
  public let target: Target
  /// The bytes of the datagram that is carried; there may be none.
  public let payload: [UInt8]

  /// Makes a packet.
  ///
  /// - Parameters:
  ///   - target: Where the payload goes to, or where it comes from.
  ///   - payload: The bytes.
  public init(_ target: Target, payload: [UInt8]) {
    self.target = target
    self.payload = payload
  }

  /// Opens a datagram.
  ///
  /// - Parameters:
  ///   - datagram: A salt, and everything else sealed in one message.
  ///   - secret: The method and the key.
  /// - Returns: The packet and its salt.
  /// - Throws: ``ShadowsocksError``, also ``ShadowsocksError/truncated``.
  public static func open(
    _ datagram: [UInt8], _ secret: SharedSecret
  ) throws(ShadowsocksError) -> (packet: Packet, salt: Salt) {
    let saltByteCount = CipherMethod.saltByteCount
    guard datagram.count >= saltByteCount + CipherMethod.tagByteCount else { throw .truncated }
    let salt = Salt(datagram[..<saltByteCount])
    var cipher = secret.cipher(salt: salt)
    var rest = try cipher.open(datagram[saltByteCount...])[...]
    guard let target = try Target.read(from: &rest) else { throw .truncated }
    return (Packet(target, payload: Array(rest)), salt)
  }

  /// Seals the packet.
  ///
  /// - Parameters:
  ///   - secret: The method and the key.
  ///   - salt: Must never be used twice.
  /// - Returns: The datagram.
  public func sealed(with secret: SharedSecret, salt: Salt = .random()) -> [UInt8] {
    var cipher = secret.cipher(salt: salt)
    var datagram = salt.bytes
    cipher.seal((target.bytes + payload)[...], to: &datagram)
    return datagram
  }
}
