// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import CompletionIO
@testable import Uring

/// What reading an element came to.
enum ElementRead: Hashable {
  case bytes([UInt8])
  case end
  case cut(byteCount: Int)
  case tooLong
}

/// Reads elements of a stream that has come in pieces, as ``ByteReader`` does.
///
/// - Returns: What each came to, up to the first that is not whole.
func read(_ elements: [SeamBuffer.Portion], from pieces: [[UInt8]]) -> [ElementRead] {
  var buffer = SeamBuffer()
  var pieces = pieces[...]
  var reads: [ElementRead] = []
  for element in elements {
    buffer.dropElement()
    var searched = 0
    var progress = buffer.take(element, &searched)
    while progress == .unfinished, let piece = pieces.popFirst() {
      buffer.copyOut()
      buffer.append(unsafe BufferLease(copying: piece.span.bytes))
      progress = buffer.take(element, &searched)
    }
    switch progress {
    case .whole: reads.append(.bytes(Array(copying: buffer.element)))
    case .tooLong: reads.append(.tooLong)
    case .unfinished:
      reads.append(buffer.byteCount == 0 ? .end : .cut(byteCount: buffer.byteCount))
    }
    if progress != .whole { break }
  }
  return reads
}

/// The seams of a stream as a value: pieces in, elements out.
@Suite struct SeamBufferTests {
  typealias Portion = SeamBuffer.Portion

  private static func until(_ text: String, limit: Int) -> Portion {
    .until(SeamBuffer.Delimiter(Array(text.utf8)), limit: limit)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let text: String
    let element: Portion
    let read: ElementRead

    init(_ text: String, _ element: Portion, _ read: ElementRead) {
      (self.text, self.element, self.read) = (text, element, read)
    }

    init(_ text: String, _ element: Portion, _ bytes: String) {
      self.init(text, element, .bytes(Array(bytes.utf8)))
    }

    var testDescription: String { "\(text.debugDescription) \(element)" }
  }

  static let rows = [
    Row("abcdef", .exactly(6), "abcdef"),
    Row("abcdef", .exactly(0), ""),
    Row("", .exactly(0), ""),
    Row("", .exactly(1), .end),
    Row("abc", .exactly(4), .cut(byteCount: 3)),
    Row("abcdef", .peek(3), "abc"),
    Row("", .peek(1), .end),
    Row("ab", .peek(3), .cut(byteCount: 2)),
    Row("ab;c", .until(SeamBuffer.Delimiter(UInt8(ascii: ";")), limit: 2), "ab"),
    Row(";", .until(SeamBuffer.Delimiter(UInt8(ascii: ";")), limit: 0), ""),
    Row("ab;c", .until(SeamBuffer.Delimiter(UInt8(ascii: ";")), limit: 1), .tooLong),
    Row("abc", .until(SeamBuffer.Delimiter(UInt8(ascii: ";")), limit: 2), .tooLong),
    Row("ab", .until(SeamBuffer.Delimiter(UInt8(ascii: ";")), limit: 2), .cut(byteCount: 2)),
    Row("", .until(SeamBuffer.Delimiter(UInt8(ascii: ";")), limit: 2), .end),
    Row("a\r\nb\r\n\r\nc", until("\r\n\r\n", limit: 4), "a\r\nb"),
    Row("a\r\n\r\r\n\r\n", until("\r\n\r\n", limit: 9), "a\r\n\r"),
    Row("a\r\nb\r\n\r\nc", until("\r\n\r\n", limit: 3), .tooLong),
    Row("aaab", until("aab", limit: 9), "a"),
    Row("aaa", until("aa", limit: 0), ""),
    Row("\r\n\r", until("\r\n\r\n", limit: 9), .cut(byteCount: 3)),
    Row("one\ntwo", .line(limit: 3), "one"),
    Row("one\r\ntwo", .line(limit: 3), "one"),
    Row("one\r\n", .line(limit: 2), .tooLong),
    Row("one\n", .line(limit: 2), .tooLong),
    Row("\r\n", .line(limit: 0), ""),
    Row("\n", .line(limit: 0), ""),
    Row("a\rb\r\r\n", .line(limit: .max), "a\rb\r"),
    Row("onex\ntwo", .line(limit: 3), .tooLong),
    Row("one", .line(limit: 3), .cut(byteCount: 3)),
    Row("one", .line(limit: 1), .tooLong),
    Row("", .line(limit: 1), .end),
  ]

  /// Whole, byte by byte, and cut once at each place.
  @Test(arguments: rows)
  func isTheSameInAllPieces(_ row: Row) {
    let bytes = Array(row.text.utf8)
    #expect(read([row.element], from: bytes.isEmpty ? [] : [bytes]) == [row.read])
    #expect(read([row.element], from: bytes.map { [$0] }) == [row.read])
    for cut in bytes.indices.dropFirst() {
      let pieces = [Array(bytes[..<cut]), Array(bytes[cut...])]
      #expect(read([row.element], from: pieces) == [row.read], "cut at \(cut)")
    }
  }

  @Test func whatComesBehindAnElementIsNotLost() {
    let elements: [Portion] = [
      .line(limit: 9), .peek(2), .exactly(3), .some(limit: 2), .line(limit: 9),
    ]
    let text = Array("GET\r\nabcdefg\nx".utf8)
    let expected = ["GET", "ab", "abc", "de", "fg"].map { ElementRead.bytes(Array($0.utf8)) }
    #expect(read(elements, from: [text]) == expected)
    #expect(read(elements + [.exactly(2)], from: [text]) == expected + [.cut(byteCount: 1)])
  }

  @Test func anElementInOnePieceIsNotCopied() throws {
    let pool = try poolWithKernel(capacity: 4, bufferSize: 64)
    let bench = SeamBufferBench()
    bench.append(pool.lease(0, byteCount: 10))
    #expect(bench.take(.exactly(4)) == .whole)
    #expect(bench.seamByteCount == 0 && pool.lentCount == 1)
    bench.dropElement()
    #expect(bench.take(.exactly(8)) == .unfinished)
    // The buffer does not wait for the rest, and only what the element needs of the next is copied.
    bench.copyOut()
    #expect(bench.seamByteCount == 6 && pool.lentCount == 0)
    bench.append(pool.lease(1, byteCount: 10))
    #expect(bench.take(.exactly(8)) == .whole)
    #expect(bench.seamByteCount == 8 && pool.lentCount == 1)
    bench.dropElement()
    #expect(bench.seamByteCount == 0 && bench.byteCount == 8)
    #expect(bench.drop(atMost: 100) == 8)
    #expect(pool.lentCount == 0)
  }

  @Test func aLimitHoldsBeforeMemoryGrows() {
    let bench = SeamBufferBench()
    var count = 0
    while bench.take(.line(limit: 100)) == .unfinished {
      bench.copyOut()
      bench.append(unsafe BufferLease(copying: [UInt8](repeating: 1, count: 7).span.bytes))
      count += 1
    }
    #expect(bench.byteCount < 100 + 2 + 7 && count < 17)
  }
}

/// A buffer that expectations may mention.
private final class SeamBufferBench {
  private var buffer = SeamBuffer()
  private var searched = 0

  var byteCount: Int { buffer.byteCount }
  var seamByteCount: Int { buffer.seamByteCount }

  func append(_ lease: consuming BufferLease) { buffer.append(lease) }

  func take(_ element: SeamBuffer.Portion) -> SeamBuffer.Progress {
    buffer.take(element, &searched)
  }

  func dropElement() {
    buffer.dropElement()
    searched = 0
  }

  func copyOut() { buffer.copyOut() }

  func drop(atMost count: Int) -> Int { buffer.drop(atMost: count) }
}
