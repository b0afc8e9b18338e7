// SPDX-License-Identifier: Apache-2.0

/// What the upstream server has answered, to be told to any client that asks the same.
struct Answer: Hashable, Sendable {
  /// Bytes that every client takes (RFC 1035, 4.2.1).
  static let plainByteLimit = 512
  /// Bytes that pass nearly all networks in one piece.
  static let byteLimit = 1232
  /// That this program takes so many: a record of the type OPT.
  static let ownOptions: [UInt8] =
    [0] + Record.options.bytes + UInt16(byteLimit).bytes + [0, 0, 0, 0, 0, 0]

  private let header: DNSHeader
  /// The records, without those about what the server can do.
  private let records: [UInt8]
  /// Where the times to live stand in them.
  private let timeOffsets: [Int]
  /// The question that it answers.
  let question: Question
  /// How long it may be told again, in seconds; 0 if only to those who wait for it.
  let lifetime: UInt32

  /// Reads an answer to a question; `nil` for anything else.
  init?(_ bytes: [UInt8], to question: Question, id: UInt16) {
    guard var header = DNSHeader(bytes), header.isResponse, header.id == id,
      header.operation == 0, header.questionCount == 1, Question(bytes) == question,
      let all = Records(bytes, header: header, from: question.end)
    else { return nil }
    self.question = question
    var (end, kept) = (bytes.count, all.answers + all.authorities + all.additions)
    if let index = all.additions.firstIndex(where: { $0.type == Record.options }) {
      // What stands behind it is left out too: references in it would not fit any more.
      end = all.additions[index].start
      header.additionalCount = UInt16(index)
      kept = all.answers + all.authorities + all.additions[..<index]
    }
    self.header = header
    records = Array(bytes[question.end..<end])
    timeOffsets = kept.map { $0.timeOffset - question.end }
    lifetime = Self.lifetime(of: bytes, header, all, kept)
  }

  /// The least time to live; of an answer that there is nothing, also what its zone says (RFC 2308).
  private static func lifetime(
    of bytes: [UInt8], _ header: DNSHeader, _ all: Records, _ kept: [Record]
  ) -> UInt32 {
    // One that is longer than was asked for is not kept, so that the cache's size is bounded.
    guard header.code == .noError || header.code == .nameError, !header.isTruncated,
      bytes.count <= byteLimit
    else { return 0 }
    var times = kept.map { bytes.longWord(at: $0.timeOffset) }
    if header.code == .nameError || all.answers.isEmpty {
      let zone = all.authorities.first { $0.type == Record.startOfAuthority }
      guard let zone, zone.data.count >= 4 else { return 0 }
      times.append(bytes.longWord(at: zone.data.upperBound - 4))
    }
    // The first bit says nothing but nought (RFC 2181, 8).
    return times.map { $0 >> 31 == 0 ? $0 : 0 }.min() ?? 0
  }

  /// Writes the answer for a client.
  ///
  /// - Parameters:
  ///   - asking: What it is an answer to; of the same question.
  ///   - age: Seconds since the answer has come.
  /// - Returns: The message; without records, and marked so, if the client has no room for them.
  func bytes(for asking: Query.Asking, age: UInt32 = 0) -> [UInt8] {
    var records = records
    for offset in timeOffsets {
      let time = records.longWord(at: offset)
      records.setLongWord(time - min(time, age), at: offset)
    }
    let options = asking.hasOptions ? Self.ownOptions : []
    var header = header
    header.id = asking.header.id
    header.flags = header.flags & ~DNSHeader.recursionDesired | DNSHeader.recursionAvailable
    header.flags |= asking.header.flags & DNSHeader.recursionDesired
    header.additionalCount += asking.hasOptions ? 1 : 0
    let all = header.bytes + asking.questionBytes + records + options
    guard all.count > asking.byteLimit else { return all }
    header.flags |= DNSHeader.truncated
    (header.answerCount, header.authorityCount) = (0, 0)
    header.additionalCount = asking.hasOptions ? 1 : 0
    return header.bytes + asking.questionBytes + options
  }

  /// Writes an answer without records, that tells how a query has failed.
  static func failure(_ code: ResponseCode, for asking: Query.Asking) -> [UInt8] {
    let asked = asking.header.flags & DNSHeader.recursionDesired
    let flags = DNSHeader.response | DNSHeader.recursionAvailable | asked | code.rawValue
    let header = DNSHeader(
      id: asking.header.id, flags: flags, additionalCount: asking.hasOptions ? 1 : 0)
    return header.bytes + asking.questionBytes + (asking.hasOptions ? ownOptions : [])
  }

  /// Writes an answer to what could not be read, which is a header alone.
  static func refusal(_ code: ResponseCode, of header: DNSHeader) -> [UInt8] {
    // The operation and what was asked of it stay as they were.
    var answer = DNSHeader(
      id: header.id,
      flags: DNSHeader.response | header.flags & 0b0111_1001_0000_0000 | code.rawValue)
    answer.questionCount = 0
    return answer.bytes
  }
}
