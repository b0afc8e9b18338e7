// SPDX-License-Identifier: Apache-2.0

/// A cipher that authenticates what it encrypts, by its name in the protocol (SIP004).
public enum CipherMethod: String, CaseIterable, Sendable {
  /// AES-256 in Galois/Counter mode.
  case aes256GCM = "aes-256-gcm"
  /// ChaCha20 with Poly1305, as in RFC 8439.
  case chaCha20Poly1305 = "chacha20-ietf-poly1305"

  /// Bytes of a key.
  public static let keyByteCount = 32
  /// Bytes of the salt that a stream or a packet begins with.
  public static let saltByteCount = 32
  /// Bytes of a nonce.
  static let nonceByteCount = 12
  /// Bytes of the tag behind each sealed message.
  public static let tagByteCount = 16
}
