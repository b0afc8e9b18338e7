// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import DNSForwarder

@Suite("The cache of answers", .timeLimit(.minutes(3)))
struct CacheTests {
  private static func answer(_ name: String, time: UInt32) throws -> Answer {
    let query = DNSBytes.query(name)
    let bytes = DNSBytes.answer(to: query, answers: [DNSBytes.record(time: time)])
    let question = try #require(Question(query))
    return try #require(Answer(bytes, to: question, id: 7))
  }

  @Test("An answer is told until its time is over")
  func expires() throws {
    var cache = Cache(limit: 10)
    let answer = try Self.answer("a", time: 10)
    cache.insert(answer, at: 100)
    #expect(cache.answer(to: answer.question, at: 100)?.age == 0)
    #expect(cache.answer(to: answer.question, at: 109)?.age == 9)
    #expect(cache.answer(to: answer.question, at: 110) == nil)
    #expect(cache.count == 0)
  }

  @Test("An answer that lives for no time is not kept")
  func notKept() throws {
    var cache = Cache(limit: 10)
    cache.insert(try Self.answer("a", time: 0), at: 0)
    #expect(cache.count == 0)
  }

  @Test("Another type or class is another question")
  func keys() throws {
    var cache = Cache(limit: 10)
    let answer = try Self.answer("a", time: 10)
    cache.insert(answer, at: 0)
    let name = answer.question.name
    #expect(cache.answer(to: Question(name: name, type: 28, qclass: 1), at: 0) == nil)
    #expect(cache.answer(to: Question(name: name, type: 1, qclass: 3), at: 0) == nil)
    #expect(cache.answer(to: Question(name: name, type: 1, qclass: 1), at: 0) != nil)
  }

  @Test("No more is kept than allowed, and what is asked for stays", arguments: [2, 10, 100])
  func bounded(limit: Int) throws {
    var cache = Cache(limit: limit)
    let kept = try Self.answer("kept", time: 1000)
    cache.insert(kept, at: 0)
    for number in 0..<(3 * limit) {
      cache.insert(try Self.answer("n\(number)", time: 1000), at: 1)
      #expect(cache.count <= limit)
      let found = cache.answer(to: kept.question, at: 5)
      #expect(found?.age == 5)
    }
    let first = try Self.answer("n0", time: 1)
    #expect(cache.answer(to: first.question, at: 1) == nil)
  }
}
