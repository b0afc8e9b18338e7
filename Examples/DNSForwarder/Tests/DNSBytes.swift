// SPDX-License-Identifier: Apache-2.0

@testable import DNSForwarder

/// Messages for tests, built part by part.
enum DNSBytes {
  /// A name as it is on the wire.
  static func name(_ text: String) -> [UInt8] {
    text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
  }

  /// A record; its name refers to that of the question.
  static func record(type: UInt16 = 1, time: UInt32, data: [UInt8] = [127, 0, 0, 1]) -> [UInt8] {
    var bytes: [UInt8] = [0xC0, 12] + type.bytes + [0, 1, 0, 0, 0, 0]
    bytes.setLongWord(time, at: 6)
    return bytes + UInt16(data.count).bytes + data
  }

  /// A record of a zone, with the time for which its answers that there is nothing hold.
  static func zone(time: UInt32, negativeTime: UInt32) -> [UInt8] {
    var data = [UInt8](repeating: 0, count: 22)
    data.setLongWord(negativeTime, at: 18)
    return record(type: 6, time: time, data: data)
  }

  static func options(byteLimit: UInt16 = 4096) -> [UInt8] {
    [0, 0, 41] + byteLimit.bytes + [0, 0, 0, 0, 0, 0]
  }

  static func query(
    id: UInt16 = 7, flags: UInt16 = 0x0100, _ text: String = "a.example", type: UInt16 = 1,
    options: [UInt8] = []
  ) -> [UInt8] {
    let header = DNSHeader(id: id, flags: flags, additionalCount: options.isEmpty ? 0 : 1)
    return header.bytes + name(text) + type.bytes + [0, 1] + options
  }

  /// An answer to a query, with its records.
  static func answer(
    to query: [UInt8], flags: UInt16 = 0x8180, answers: [[UInt8]] = [],
    authorities: [[UInt8]] = [], additions: [[UInt8]] = []
  ) -> [UInt8] {
    var header = DNSHeader(id: query.word(at: 0), flags: flags)
    header.answerCount = UInt16(answers.count)
    header.authorityCount = UInt16(authorities.count)
    header.additionalCount = UInt16(additions.count)
    let end = Question(query)?.end ?? 12
    return header.bytes + query[12..<end] + (answers + authorities + additions).joined()
  }
}

extension Query {
  /// What a client asks; `nil` for any other query.
  var asking: Asking? {
    if case .question(let asking) = self { asking } else { nil }
  }
}
