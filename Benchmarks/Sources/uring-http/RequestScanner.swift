// SPDX-License-Identifier: Apache-2.0

/// Bytes that somebody keeps in place for as long as they are looked at.
@safe
struct ByteView {
  private let bytes: UnsafeRawBufferPointer

  @unsafe
  init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = unsafe bytes }

  var count: Int { unsafe bytes.count }

  subscript(index: Int) -> UInt8 { unsafe bytes[index] }

  /// The bytes from an index on, copied.
  func copy(from index: Int) -> [UInt8] { unsafe Array(bytes[index...]) }
}

/// Finds the ends of HTTP/1.1 requests without a body, in whatever pieces they come.
///
/// The same scanner serves every server here that is not NIOHTTP1, so that what differs is their I/O.
struct RequestScanner {
  enum Mistake: Error {
    case badRequest
    case headTooLong
  }

  /// What some bytes hold.
  struct Found {
    var requestCount = 0
    /// Whether the last one of them asks for the connection's end.
    var closes = false
  }

  /// The beginning of a head that has not ended.
  private var rest: [UInt8] = []
  private static var headLimit: Int { 8192 }

  /// Reads the requests that end in some bytes, and keeps what is left of them.
  ///
  /// - Throws: ``Mistake`` for what is no request.
  mutating func scan(_ bytes: ByteView) throws(Mistake) -> Found {
    guard rest.isEmpty else {
      let all = rest + bytes.copy(from: 0)
      rest.removeAll()
      let found = unsafe all.withUnsafeBytes { whole in
        Result { () throws(Mistake) in try unsafe scanWhole(ByteView(whole)) }
      }
      return try found.get()
    }
    return try scanWhole(bytes)
  }

  private mutating func scanWhole(_ bytes: ByteView) throws(Mistake) -> Found {
    var found = Found()
    var start = 0
    while start < bytes.count {
      var closes = false
      guard let end = try Self.head(in: bytes, from: start, &closes) else {
        guard bytes.count - start <= Self.headLimit else { throw .headTooLong }
        rest = bytes.copy(from: start)
        break
      }
      found.requestCount += 1
      found.closes = closes
      start = end
    }
    return found
  }

  /// Reads one head.
  ///
  /// - Returns: Where the next begins; `nil` if the head has not ended.
  private static func head(
    in bytes: ByteView, from start: Int, _ closes: inout Bool
  ) throws(Mistake) -> Int? {
    var line = start
    var isFirst = true
    while let end = lineEnd(in: bytes, from: line) {
      if end == line { return end + 2 }
      if isFirst {
        try checkRequestLine(bytes, line..<end)
        isFirst = false
      } else {
        try readField(bytes, line..<end, &closes)
      }
      line = end + 2
    }
    return nil
  }

  /// Where the next CR LF is.
  private static func lineEnd(in bytes: ByteView, from start: Int) -> Int? {
    var index = start
    while index + 1 < bytes.count {
      if bytes[index] == 13, bytes[index + 1] == 10 { return index }
      index += 1
    }
    return nil
  }

  private static func checkRequestLine(
    _ bytes: ByteView, _ line: Range<Int>
  ) throws(Mistake) {
    // "GET / HTTP/1.1" is the shortest.
    guard line.count >= 14, bytes[line.upperBound - 3] == UInt8(ascii: "1"),
      bytes[line.upperBound - 9] == UInt8(ascii: " ")
    else { throw .badRequest }
    for index in line where bytes[index] < 32 { throw .badRequest }
  }

  private static func readField(
    _ bytes: ByteView, _ line: Range<Int>, _ closes: inout Bool
  ) throws(Mistake) {
    var colon = line.lowerBound
    while colon < line.upperBound, bytes[colon] != UInt8(ascii: ":") {
      guard bytes[colon] > 32 else { throw .badRequest }
      colon += 1
    }
    guard colon < line.upperBound, colon > line.lowerBound else { throw .badRequest }
    var value = colon + 1
    while value < line.upperBound, bytes[value] == 32 { value += 1 }
    if equals(bytes, line.lowerBound..<colon, "connection") {
      closes = equals(bytes, value..<line.upperBound, "close")
    } else if equals(bytes, line.lowerBound..<colon, "content-length")
      || equals(bytes, line.lowerBound..<colon, "transfer-encoding")
    {
      throw .badRequest  // Nobody sends bodies here.
    }
  }

  private static func equals(
    _ bytes: ByteView, _ range: Range<Int>, _ text: StaticString
  ) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<range.count {
      let expected = unsafe text.utf8Start[index]
      guard bytes[range.lowerBound + index] | 0x20 == expected | 0x20 else { return false }
    }
    return true
  }
}
