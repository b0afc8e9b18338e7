// SPDX-License-Identifier: Apache-2.0

/// What a query asks: a name, a type and a class.
///
/// Names are equal whatever the case of their letters, so they are kept in small ones.
struct Question: Hashable, Sendable {
  /// The name as it is on the wire, in small letters.
  let name: [UInt8]
  let type: UInt16
  let qclass: UInt16

  /// Longest name, with its lengths and the zero at its end (RFC 1035, 2.3.4).
  static let nameByteLimit = 255

  init(name: [UInt8], type: UInt16, qclass: UInt16) {
    self.name = name
    self.type = type
    self.qclass = qclass
  }

  /// Reads the question of a message; `nil` if it is none.
  init?(_ message: [UInt8]) {
    var offset = DNSHeader.byteCount
    while let length = message.byte(at: offset), length > 0 {
      // The first name of a message has nothing to refer to.
      guard length < 64 else { return nil }
      offset += 1 + Int(length)
    }
    offset += 1
    let name = offset - DNSHeader.byteCount
    guard name <= Self.nameByteLimit, offset + 4 <= message.count else { return nil }
    self.init(
      name: message[DNSHeader.byteCount..<offset].map(Self.inSmallLetters),
      type: message.word(at: offset), qclass: message.word(at: offset + 2))
  }

  /// The question as it is on the wire.
  var bytes: [UInt8] { name + type.bytes + qclass.bytes }

  /// Where the records of a message with this question begin.
  var end: Int { DNSHeader.byteCount + name.count + 4 }

  /// Lengths are below the letters.
  private static func inSmallLetters(_ byte: UInt8) -> UInt8 {
    (65...90).contains(byte) ? byte + 32 : byte
  }
}

extension [UInt8] {
  /// A byte; `nil` behind the last one.
  func byte(at offset: Int) -> UInt8? { offset < count ? self[offset] : nil }
}
