// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import DNSForwarder

@Suite("Messages of DNS", .timeLimit(.minutes(3)))
struct MessageTests {
  @Test("A query is read")
  func query() throws {
    let bytes = DNSBytes.query(id: 0x1234, "WWW.Example", type: 28)
    let asking = try #require(Query(bytes).asking)
    #expect(asking.header.id == 0x1234 && asking.question.type == 28)
    #expect(asking.question.name == DNSBytes.name("www.example"))
    #expect(asking.questionBytes == Array(bytes[12...]))
    #expect(asking.byteLimit == 512 && !asking.hasOptions)
    let root = try #require(Query(DNSBytes.query("")).asking)
    #expect(root.question.name == [0])
  }

  @Test(
    "A client says how long an answer may be", arguments: [(100, 512), (800, 800), (4096, 1232)])
  func byteLimit(told: UInt16, limit: Int) throws {
    let query = Query(DNSBytes.query(options: DNSBytes.options(byteLimit: told)))
    let asking = try #require(query.asking)
    #expect(asking.byteLimit == limit && asking.hasOptions)
  }

  static let whole = DNSBytes.query(options: DNSBytes.options())

  /// Messages that are no queries, and the code that each is answered with.
  static let refusals: [([UInt8], ResponseCode)] = [
    (DNSBytes.query() + [0], .formatError),
    (DNSBytes.query(flags: 0x2100), .notImplemented),
    (Array(DNSHeader(id: 1, flags: 0).bytes), .formatError),
    // No question, two questions, an answer.
    ([0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], .formatError),
    ([0, 1, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0] + whole[12...], .formatError),
    ([0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0] + whole[12...], .formatError),
    // A name that refers to itself, one of 300 bytes.
    ([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 12, 0, 1, 0, 1], .formatError),
    (DNSBytes.query(Array(repeating: "abcdefghi", count: 30).joined(separator: ".")), .formatError),
  ]

  @Test("What is no query is refused", arguments: refusals)
  func refused(bytes: [UInt8], code: ResponseCode) throws {
    let header = try #require(DNSHeader(bytes))
    #expect(Query(bytes) == .refused(code, header))
    let answer = try #require(DNSHeader(Answer.refusal(code, of: header)))
    #expect(answer.isResponse && answer.code == code && answer.id == header.id)
    #expect(answer.questionCount == 0 && answer.operation == header.operation)
  }

  @Test("A query that is cut anywhere is refused, or ignored where it has no number")
  func cut() throws {
    let header = try #require(DNSHeader(Self.whole))
    for count in 0..<Self.whole.count {
      let query = Query(Array(Self.whole[..<count]))
      if count < 12 {
        #expect(query == .ignored)
      } else {
        #expect(query == .refused(.formatError, header))
      }
    }
    #expect(Query(Self.whole).asking != nil)
  }

  @Test("An answer is not answered")
  func answerAsQuery() {
    #expect(Query(DNSBytes.answer(to: DNSBytes.query())) == .ignored)
  }

  @Test("An answer is taken to its own question only, and only when it is whole")
  func matches() throws {
    let query = DNSBytes.query(id: 7)
    let question = try #require(Question(query))
    let bytes = DNSBytes.answer(to: query, answers: [DNSBytes.record(time: 60)])
    #expect(Answer(bytes, to: question, id: 7)?.lifetime == 60)
    #expect(Answer(bytes, to: question, id: 8) == nil)
    let other = try #require(Question(DNSBytes.query("b.example")))
    #expect(Answer(bytes, to: other, id: 7) == nil)
    #expect(Answer(query, to: question, id: 7) == nil)
    #expect(Answer(bytes + [0], to: question, id: 7) == nil)
    for count in 0..<bytes.count {
      #expect(Answer(Array(bytes[..<count]), to: question, id: 7) == nil)
    }
  }

  /// Flags and sections, and the lifetime that the answer has.
  static let lifetimes: [(UInt16, [[UInt8]], [[UInt8]], UInt32)] = [
    (0x8180, [DNSBytes.record(time: 60), DNSBytes.record(time: 20)], [], 20),
    (0x8180, [DNSBytes.record(time: 60)], [DNSBytes.record(type: 2, time: 5)], 5),
    (0x8180, [DNSBytes.record(time: 0)], [], 0),
    (0x8180, [DNSBytes.record(time: 1 << 31)], [], 0),
    // Longer than was asked for.
    (0x8180, Array(repeating: DNSBytes.record(time: 60), count: 80), [], 0),
    // Cut, and failed.
    (0x8380, [DNSBytes.record(time: 60)], [], 0),
    (0x8182, [], [], 0),
    (0x8185, [], [DNSBytes.zone(time: 9, negativeTime: 9)], 0),
    // There is no such name, or nothing of the type.
    (0x8183, [], [DNSBytes.zone(time: 9, negativeTime: 3)], 3),
    (0x8183, [], [DNSBytes.zone(time: 2, negativeTime: 3)], 2),
    (0x8180, [], [DNSBytes.zone(time: 9, negativeTime: 4)], 4),
    (0x8183, [], [], 0),
  ]

  @Test("An answer lives as long as its records", arguments: lifetimes)
  func lifetime(
    flags: UInt16, answers: [[UInt8]], authorities: [[UInt8]], seconds: UInt32
  ) throws {
    let query = DNSBytes.query()
    let question = try #require(Question(query))
    let bytes = DNSBytes.answer(
      to: query, flags: flags, answers: answers, authorities: authorities,
      additions: [DNSBytes.options()])
    #expect(try #require(Answer(bytes, to: question, id: 7)).lifetime == seconds)
  }

  @Test("A client sees its own number, letters and options, and times that have run down")
  func written() throws {
    let query = DNSBytes.query(id: 1)
    let question = try #require(Question(query))
    let bytes = DNSBytes.answer(
      to: query, answers: [DNSBytes.record(time: 60)], additions: [DNSBytes.options()])
    let answer = try #require(Answer(bytes, to: question, id: 1))
    let plain = DNSBytes.query(id: 2, "A.eXample")
    let asking = try #require(Query(plain).asking)
    #expect(
      answer.bytes(for: asking, age: 15)
        == DNSBytes.answer(to: plain, answers: [DNSBytes.record(time: 45)]))
    let extended = DNSBytes.query(id: 3, flags: 0, options: DNSBytes.options())
    let other = try #require(Query(extended).asking)
    #expect(
      answer.bytes(for: other)
        == DNSBytes.answer(
          to: extended, flags: 0x8080, answers: [DNSBytes.record(time: 60)],
          additions: [Answer.ownOptions]))
  }

  @Test("An answer for which a client has no room is marked as cut")
  func truncated() throws {
    let query = DNSBytes.query(id: 1)
    let question = try #require(Question(query))
    let records = Array(repeating: DNSBytes.record(time: 60), count: 40)
    let answer = try #require(
      Answer(DNSBytes.answer(to: query, answers: records), to: question, id: 1))
    #expect(answer.lifetime == 60)
    let asking = try #require(Query(query).asking)
    #expect(answer.bytes(for: asking) == DNSBytes.answer(to: query, flags: 0x8380))
    let roomy = try #require(Query(DNSBytes.query(options: DNSBytes.options())).asking)
    #expect(DNSHeader(answer.bytes(for: roomy))?.answerCount == 40)
  }

  @Test("A query for the upstream server is one that this program reads too")
  func upstreamQuery() throws {
    let question = try #require(Question(DNSBytes.query("X.example")))
    let asking = try #require(Query(Query.Asking.upstreamQuery(question, id: 99)).asking)
    #expect(asking.question == question && asking.header.id == 99 && asking.hasOptions)
  }
}
