// SPDX-License-Identifier: Apache-2.0

/// The twelve bytes in front of a message (RFC 1035, 4.1.1).
struct DNSHeader: Hashable {
  static let byteCount = 12

  var id: UInt16
  var flags: UInt16
  var questionCount: UInt16
  var answerCount: UInt16
  var authorityCount: UInt16
  var additionalCount: UInt16

  /// Makes the header of a message with one question.
  init(id: UInt16, flags: UInt16, additionalCount: UInt16 = 0) {
    self.id = id
    self.flags = flags
    questionCount = 1
    answerCount = 0
    authorityCount = 0
    self.additionalCount = additionalCount
  }

  /// Reads a header; `nil` if there are fewer bytes.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.byteCount else { return nil }
    id = bytes.word(at: 0)
    flags = bytes.word(at: 2)
    questionCount = bytes.word(at: 4)
    answerCount = bytes.word(at: 6)
    authorityCount = bytes.word(at: 8)
    additionalCount = bytes.word(at: 10)
  }

  var bytes: [UInt8] {
    [id, flags, questionCount, answerCount, authorityCount, additionalCount].flatMap(\.bytes)
  }

  /// The bit that tells a response from a query.
  static let response: UInt16 = 1 << 15
  /// The bit of a response that was cut, because it was too long.
  static let truncated: UInt16 = 1 << 9
  /// The bit of a query that asks for more than the server itself knows.
  static let recursionDesired: UInt16 = 1 << 8
  /// The bit of a response from a server that asks others.
  static let recursionAvailable: UInt16 = 1 << 7

  var isResponse: Bool { flags & Self.response != 0 }
  var isTruncated: Bool { flags & Self.truncated != 0 }
  /// What is asked for; 0 is a query.
  var operation: UInt16 { flags >> 11 & 15 }
  var code: ResponseCode? { ResponseCode(rawValue: flags & 15) }
}

/// How a query has ended (RFC 1035, 4.1.1).
enum ResponseCode: UInt16 {
  case noError = 0
  case formatError = 1
  case serverFailure = 2
  case nameError = 3
  case notImplemented = 4
  case refused = 5
}

extension UInt16 {
  /// The bytes in the order of the wire.
  var bytes: [UInt8] { [UInt8(self >> 8), UInt8(self & 0xFF)] }
}

extension [UInt8] {
  /// Two bytes as a number.
  func word(at offset: Int) -> UInt16 {
    UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
  }

  /// Four bytes as a number.
  func longWord(at offset: Int) -> UInt32 {
    UInt32(word(at: offset)) << 16 | UInt32(word(at: offset + 2))
  }

  /// Writes a number over four bytes.
  mutating func setLongWord(_ number: UInt32, at offset: Int) {
    for index in 0..<4 {
      self[offset + index] = UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * index))
    }
  }
}
