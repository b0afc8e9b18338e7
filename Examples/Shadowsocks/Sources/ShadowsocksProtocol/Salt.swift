// SPDX-License-Identifier: Apache-2.0

/// The random bytes that a stream or a packet begins with, and that its key is derived from.
public struct Salt: Hashable, Sendable {
  /// The bytes, ``CipherMethod/saltByteCount`` of them.
  public let bytes: [UInt8]

  /// Makes a salt of bytes that have come.
  ///
  /// - Parameter bytes: Are ``CipherMethod/saltByteCount`` bytes.
  init(_ bytes: ArraySlice<UInt8>) {
    precondition(bytes.count == CipherMethod.saltByteCount)
    self.bytes = Array(bytes)
  }

  /// Makes a salt that nobody can guess.
  ///
  /// - Returns: The salt, from the system's random numbers (getrandom(2)).
  public static func random() -> Salt {
    var source = SystemRandomNumberGenerator()
    let bytes = (0..<CipherMethod.saltByteCount).map { _ in
      UInt8.random(in: .min ... .max, using: &source)
    }
    return Salt(bytes[...])
  }
}
