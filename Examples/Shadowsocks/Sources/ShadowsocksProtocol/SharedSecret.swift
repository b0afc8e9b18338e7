// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import FoundationEssentials

/// The method and the key that a server and its clients have in common.
public struct SharedSecret: Sendable {
  /// The cipher of both directions.
  public let method: CipherMethod
  /// The key, of which every stream and every packet has a subkey.
  let key: [UInt8]

  /// Derives the key from a password, as OpenSSL's `EVP_BytesToKey` does with MD5 and without a
  /// salt.
  ///
  /// - Parameters:
  ///   - method: The cipher.
  ///   - password: Is taken as UTF-8.
  public init(_ method: CipherMethod, password: String) {
    self.method = method
    let password = Array(password.utf8)
    var key: [UInt8] = []
    var digest: [UInt8] = []
    while key.count < CipherMethod.keyByteCount {
      digest = Array(Insecure.MD5.hash(data: digest + password))
      key += digest
    }
    self.key = Array(key.prefix(CipherMethod.keyByteCount))
  }

  /// The cipher of the stream or packet that begins with a salt.
  func cipher(salt: Salt) -> SessionCipher {
    let subkey = Self.derive(
      from: key, salt: salt.bytes, info: Array("ss-subkey".utf8),
      byteCount: CipherMethod.keyByteCount)
    return SessionCipher(method, key: subkey)
  }

  /// Derives a key by HKDF with SHA-1 (RFC 5869).
  static func derive(
    from key: [UInt8], salt: [UInt8], info: [UInt8], byteCount: Int
  ) -> SymmetricKey {
    HKDF<Insecure.SHA1>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: key), salt: salt, info: info,
      outputByteCount: byteCount)
  }
}
