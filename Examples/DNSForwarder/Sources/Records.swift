// SPDX-License-Identifier: Apache-2.0

/// One record of a message, by the places of its parts.
struct Record: Hashable {
  let type: UInt16
  let start: Int
  /// Where its time to live stands, behind type and class.
  let timeOffset: Int
  let data: Range<Int>

  static let startOfAuthority: UInt16 = 6
  /// The record that is none: what a sender can do (RFC 6891).
  static let options: UInt16 = 41

  /// Reads the record at a place; `nil` if there is none that is whole.
  init?(_ message: [UInt8], at start: Int) {
    guard let nameEnd = Self.endOfName(message, at: start), nameEnd + 10 <= message.count else {
      return nil
    }
    self.start = start
    type = message.word(at: nameEnd)
    timeOffset = nameEnd + 4
    let data = nameEnd + 10
    let end = data + Int(message.word(at: nameEnd + 8))
    guard end <= message.count else { return nil }
    self.data = data..<end
  }

  /// Goes over a name, which may end with a reference to an earlier one.
  private static func endOfName(_ message: [UInt8], at start: Int) -> Int? {
    var offset = start
    while let length = message.byte(at: offset) {
      switch length {
      case 0: return offset + 1
      case 1..<64: offset += 1 + Int(length)
      case 192...: return offset + 1 < message.count ? offset + 2 : nil
      default: return nil
      }
      guard offset - start < Question.nameByteLimit else { return nil }
    }
    return nil
  }
}

/// The records of a message, section by section.
struct Records {
  private(set) var answers: [Record] = []
  private(set) var authorities: [Record] = []
  private(set) var additions: [Record] = []

  /// Reads all records; `nil` if there are fewer than the header says, or bytes behind the last.
  init?(_ message: [UInt8], header: DNSHeader, from start: Int) {
    var offset = start
    func read(_ count: UInt16) -> [Record]? {
      var records: [Record] = []
      for _ in 0..<count {
        guard let record = Record(message, at: offset) else { return nil }
        offset = record.data.upperBound
        records.append(record)
      }
      return records
    }
    guard let answers = read(header.answerCount), let authorities = read(header.authorityCount),
      let additions = read(header.additionalCount), offset == message.count
    else { return nil }
    self.answers = answers
    self.authorities = authorities
    self.additions = additions
  }

  var options: Record? { additions.first { $0.type == Record.options } }
}
