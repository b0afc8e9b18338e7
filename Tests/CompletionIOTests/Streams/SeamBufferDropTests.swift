// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import CompletionIO
@testable import Uring

/// Dropping up to a delimiter, and taking what is left, in whatever pieces the bytes have come.
@Suite struct SeamBufferDropTests {
  /// What dropping came to, and what is left.
  enum Drop: Hashable {
    case whole(rest: String)
    case unfinished(byteCount: Int)
    case tooLong
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let (text, delimiter): (String, String)
    let limit: Int
    let drop: Drop

    init(_ text: String, _ delimiter: String, limit: Int = .max, _ drop: Drop) {
      (self.text, self.delimiter, self.limit, self.drop) = (text, delimiter, limit, drop)
    }

    var testDescription: String { "\(text.debugDescription) \(delimiter.debugDescription)" }
  }

  static let rows = [
    Row("ab;c", ";", .whole(rest: "c")),
    Row(";", ";", limit: 0, .whole(rest: "")),
    Row("ab;;c", ";", .whole(rest: ";c")),
    Row("ab;c", ";", limit: 2, .whole(rest: "c")),
    Row("ab;c", ";", limit: 1, .tooLong),
    Row("abc", ";", limit: 2, .tooLong),
    Row("ab", ";", limit: 2, .unfinished(byteCount: 2)),
    Row("", ";", .unfinished(byteCount: 0)),
    Row("a\r\nb\r\n\r\nc", "\r\n\r\n", limit: 4, .whole(rest: "c")),
    Row("a\r\nb\r\n\r\nc", "\r\n\r\n", limit: 3, .tooLong),
    Row("a\r\n\r\r\n\r\n", "\r\n\r\n", .whole(rest: "")),
    Row("aaab", "aab", .whole(rest: "")),
    Row("aaac", "aab", .unfinished(byteCount: 4)),
    Row("abcdef\r\n\r", "\r\n\r\n", .unfinished(byteCount: 9)),
    Row("\r\n\r", "\r\n\r\n", limit: 0, .unfinished(byteCount: 3)),
  ]

  private func drop(_ row: Row, in pieces: [[UInt8]]) -> Drop {
    var buffer = SeamBuffer()
    let delimiter = SeamBuffer.Delimiter(Array(row.delimiter.utf8))
    var (droppedCount, searched) = (0, 0)
    var pieces = pieces[...]
    while true {
      switch buffer.drop(to: delimiter, limit: row.limit, &droppedCount, &searched) {
      case .whole:
        var rest: [UInt8] = []
        if let lease = buffer.takeAll() { rest.append(copying: lease.bytes) }
        for piece in pieces { rest += piece }
        return .whole(rest: String(decoding: rest, as: UTF8.self))
      case .tooLong:
        return .tooLong
      case .unfinished:
        // No more than what may be a part of the delimiter.
        #expect(buffer.byteCount < delimiter.byteCount)
        guard let piece = pieces.popFirst() else {
          return .unfinished(byteCount: droppedCount + buffer.byteCount)
        }
        buffer.copyOut()
        buffer.append(unsafe BufferLease(copying: piece.span.bytes))
      }
    }
  }

  /// Whole, byte by byte, and cut once at each place.
  @Test(arguments: rows)
  func isTheSameInAllPieces(_ row: Row) {
    let bytes = Array(row.text.utf8)
    #expect(drop(row, in: bytes.isEmpty ? [] : [bytes]) == row.drop)
    #expect(drop(row, in: bytes.map { [$0] }) == row.drop)
    for cut in bytes.indices.dropFirst() {
      let pieces = [Array(bytes[..<cut]), Array(bytes[cut...])]
      #expect(drop(row, in: pieces) == row.drop, "cut at \(cut)")
    }
  }

  @Test(arguments: 0...6) func whatIsLeftIsTakenOnce(readCount: Int) {
    for cut in 0...6 {
      var buffer = SeamBuffer()
      let bytes = numbered(6)
      for piece in [bytes[..<cut], bytes[cut...]] where !piece.isEmpty {
        buffer.append(unsafe BufferLease(copying: piece.span.bytes))
      }
      buffer.take(readCount)
      var rest: [UInt8] = []
      if let lease = buffer.takeAll() { rest.append(copying: lease.bytes) }
      #expect(rest == Array(bytes[readCount...]), "cut at \(cut)")
      let isEmpty = buffer.byteCount == 0 && buffer.element.isEmpty && buffer.takeAll() == nil
      #expect(isEmpty)
      buffer.append(unsafe BufferLease(copying: ([9] as [UInt8]).span.bytes))
      #expect(buffer.byteCount == 1)
    }
  }
}
