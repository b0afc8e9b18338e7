// SPDX-License-Identifier: Apache-2.0

/// A query of a client, or why it is none.
enum Query: Hashable {
  case question(Asking)
  /// A message that is answered with a code alone.
  case refused(ResponseCode, DNSHeader)
  /// A message that is not answered, because it is an answer, or nobody's.
  case ignored

  /// What a client asks, and how.
  struct Asking: Hashable {
    let header: DNSHeader
    let question: Question
    /// The name in the letters that the client has used, which it may want to see again.
    let questionBytes: [UInt8]
    /// Bytes that the client's answer may have.
    let byteLimit: Int
    /// Whether the client knows EDNS (RFC 6891).
    let hasOptions: Bool
  }

  /// Reads a message of a client.
  init(_ bytes: [UInt8]) {
    guard let header = DNSHeader(bytes), !header.isResponse else {
      self = .ignored
      return
    }
    guard header.operation == 0 else {
      self = .refused(.notImplemented, header)
      return
    }
    guard header.questionCount == 1, header.answerCount == 0, header.authorityCount == 0,
      let question = Question(bytes),
      let records = Records(bytes, header: header, from: question.end),
      records.additions.filter({ $0.type == Record.options }).count <= 1
    else {
      self = .refused(.formatError, header)
      return
    }
    let options = records.options
    let told = options.map { Int(bytes.word(at: $0.timeOffset - 2)) } ?? 0
    self = .question(
      Asking(
        header: header, question: question,
        questionBytes: Array(bytes[DNSHeader.byteCount..<question.end]),
        byteLimit: min(max(told, Answer.plainByteLimit), Answer.byteLimit),
        hasOptions: options != nil))
  }
}

extension Query.Asking {
  /// Writes a query for the upstream server.
  static func upstreamQuery(_ question: Question, id: UInt16) -> [UInt8] {
    let header = DNSHeader(id: id, flags: DNSHeader.recursionDesired, additionalCount: 1)
    return header.bytes + question.bytes + Answer.ownOptions
  }
}
