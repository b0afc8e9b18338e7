// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import FoundationEssentials

/// Seals or opens the messages of one stream or packet, in their order.
struct SessionCipher: Sendable {
  private let method: CipherMethod
  private let key: SymmetricKey
  private var nonce = NonceCounter()

  init(_ method: CipherMethod, key: SymmetricKey) {
    self.method = method
    self.key = key
  }

  /// Appends the next message, encrypted, and its tag.
  mutating func seal(_ message: ArraySlice<UInt8>, to sealed: inout [UInt8]) {
    let nonce = nonce.next()
    do {
      switch method {
      case .aes256GCM:
        let box = try AES.GCM.seal(message, using: key, nonce: AES.GCM.Nonce(data: nonce))
        sealed += box.ciphertext
        sealed += box.tag
      case .chaCha20Poly1305:
        let box = try ChaChaPoly.seal(message, using: key, nonce: ChaChaPoly.Nonce(data: nonce))
        sealed += box.ciphertext
        sealed += box.tag
      }
    } catch {
      preconditionFailure("a key of 32 bytes and a nonce of 12 were refused: \(error)")
    }
  }

  /// Opens the next message.
  ///
  /// - Parameter sealed: The encrypted bytes and their tag.
  /// - Returns: The message.
  /// - Throws: ``ShadowsocksError/authenticationFailed``; the cipher is of no use from then on.
  mutating func open(_ sealed: ArraySlice<UInt8>) throws(ShadowsocksError) -> [UInt8] {
    let nonce = nonce.next()
    let message = sealed.dropLast(CipherMethod.tagByteCount)
    let tag = sealed.suffix(CipherMethod.tagByteCount)
    do {
      switch method {
      case .aes256GCM:
        let box = try AES.GCM.SealedBox(
          nonce: AES.GCM.Nonce(data: nonce), ciphertext: message, tag: tag)
        return Array(try AES.GCM.open(box, using: key))
      case .chaCha20Poly1305:
        let box = try ChaChaPoly.SealedBox(
          nonce: ChaChaPoly.Nonce(data: nonce), ciphertext: message, tag: tag)
        return Array(try ChaChaPoly.open(box, using: key))
      }
    } catch {
      throw .authenticationFailed
    }
  }
}
