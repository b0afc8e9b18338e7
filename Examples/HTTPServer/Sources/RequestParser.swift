// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Makes requests of bytes, in whatever pieces they come; reads and sends nothing itself.
///
/// Append what has come, and take events until there are no more. After an error it is of no use.
struct RequestParser {
  enum Event: Hashable {
    /// The peer waits for `100 Continue` before it sends the body.
    case awaitsContinue
    case request(Request)
  }

  private enum State {
    case requestLine, fields
    case counted(left: Int)
    case chunkSize, chunkEnd, trailer
    case chunk(left: Int)
  }

  private let limits: ParserLimits
  private var input: [UInt8] = []
  /// Where the bytes begin that have not been used.
  private var start = 0
  /// Bytes from there on that hold no line feed.
  private var searchedCount = 0
  private var state = State.requestLine
  private var head: RequestHead?
  private var body: [UInt8] = []
  /// Bytes of the head, or of the trailer, that have been used.
  private var usedCount = 0
  private var hasSkippedEmptyLine = false

  init(_ limits: ParserLimits = ParserLimits()) {
    self.limits = limits
  }

  /// Whether nothing of a request has come.
  var isIdle: Bool { isInHead && head == nil && start == input.count }

  /// Whether the head of the next request has not ended.
  var isInHead: Bool {
    switch state {
    case .requestLine, .fields: true
    default: false
    }
  }

  /// Adds bytes that have come.
  mutating func append(_ bytes: RawSpan) {
    input.removeSubrange(..<start)
    start = 0
    input.append(copying: bytes)
  }

  /// Takes the next event; `nil` until more bytes have come.
  mutating func next() throws(RequestError) -> Event? {
    while true {
      switch state {
      case .requestLine:
        guard try readRequestLine() else { return nil }
      case .fields:
        guard let line = try headLine(.fieldsTooLarge) else { return nil }
        if line.isEmpty {
          if try finishHead() { return .awaitsContinue }
        } else {
          try addField(line)
        }
      case .counted(let left):
        guard takeBody(left) else { return nil }
        return finish()
      case .chunkSize:
        guard try readChunkSize() else { return nil }
      case .chunk(let left):
        guard takeBody(left) else { return nil }
        state = .chunkEnd
      case .chunkEnd:
        let line = try self.line(
          limit: 1, RequestError(.badRequest, "a chunk is longer than its size"))
        guard let line else { return nil }
        guard line.isEmpty else {
          throw RequestError(.badRequest, "a chunk is longer than its size")
        }
        state = .chunkSize
      case .trailer:
        guard let line = try headLine(.fieldsTooLarge) else { return nil }
        if line.isEmpty { return finish() }
        _ = try HeadSyntax.field(line)
      }
    }
  }
}

// What the states do.
extension RequestParser {
  private mutating func readRequestLine() throws(RequestError) -> Bool {
    guard let line = try headLine(.targetTooLong) else { return false }
    // Some peers send an empty line behind a body (RFC 9112, 2.2).
    guard !line.isEmpty || hasSkippedEmptyLine else {
      hasSkippedEmptyLine = true
      return true
    }
    head = try HeadSyntax.requestLine(line)
    state = .fields
    return true
  }

  private mutating func addField(_ line: HeadSyntax.Line) throws(RequestError) {
    guard let count = head?.fields.count, count < limits.fieldCount else {
      throw RequestError(.fieldsTooLarge, "a head has at most \(limits.fieldCount) fields")
    }
    head?.fields.append(try HeadSyntax.field(line))
  }

  /// Goes on to the body.
  ///
  /// - Returns: Whether the peer waits to be asked for it.
  private mutating func finishHead() throws(RequestError) -> Bool {
    guard let head else { return false }
    let hosts = head.values(of: "host")
    guard hosts.count == 1 || (hosts.isEmpty && head.minorVersion == 0) else {
      throw RequestError(.badRequest, "a request names one host")
    }
    usedCount = 0
    switch try BodyFraming(of: head, limit: limits.bodyByteCount) {
    case .chunked: state = .chunkSize
    case .counted(let count): state = .counted(left: count)
    }
    if case .counted(left: 0) = state { return false }
    return head.minorVersion > 0 && head.members(of: "expect").contains("100-continue")
  }

  private mutating func readChunkSize() throws(RequestError) -> Bool {
    let tooLong = RequestError(.badRequest, "the line in front of a chunk is too long")
    guard let line = try self.line(limit: limits.chunkLineByteCount, tooLong) else { return false }
    let size = try HeadSyntax.chunkSize(line)
    guard size <= limits.bodyByteCount - body.count else {
      throw RequestError(.contentTooLarge, "a body has at most \(limits.bodyByteCount) bytes")
    }
    state = size == 0 ? .trailer : .chunk(left: size)
    return true
  }

  /// Moves bytes to the body, and takes note of how many are left.
  ///
  /// - Returns: Whether none are.
  private mutating func takeBody(_ left: Int) -> Bool {
    let count = min(left, input.count - start)
    body.append(contentsOf: input[start..<(start + count)])
    start += count
    if case .chunk = state {
      state = .chunk(left: left - count)
    } else {
      state = .counted(left: left - count)
    }
    return count == left
  }

  private mutating func finish() -> Event? {
    defer {
      state = .requestLine
      head = nil
      body = []
      usedCount = 0
      hasSkippedEmptyLine = false
    }
    return head.map { .request(Request(head: $0, body: body)) }
  }

  /// Takes a line of a head or a trailer, which count against one limit.
  private mutating func headLine(_ status: Status) throws(RequestError) -> HeadSyntax.Line? {
    let tooLong = RequestError(status, "a head has at most \(limits.headByteCount) bytes")
    let line = try self.line(limit: limits.headByteCount - usedCount, tooLong)
    if let line { usedCount += line.count + 2 }
    return line
  }

  /// Takes a line, without its end.
  ///
  /// - Parameters:
  ///   - limit: Bytes that it may have in front of the line feed.
  ///   - tooLong: Is thrown if it has more.
  /// - Returns: The line; `nil` until it has ended.
  /// - Throws: That, and 400 for a line without a carriage return at its end.
  private mutating func line(
    limit: Int, _ tooLong: RequestError
  ) throws(RequestError) -> HeadSyntax.Line? {
    guard let end = input[(start + searchedCount)...].firstIndex(of: 10) else {
      searchedCount = input.count - start
      guard searchedCount <= limit else { throw tooLong }
      return nil
    }
    guard end - start <= limit else { throw tooLong }
    guard end > start, input[end - 1] == 13 else {
      throw RequestError(.badRequest, "a line ends with a carriage return and a line feed")
    }
    defer {
      start = end + 1
      searchedCount = 0
    }
    return input[start..<(end - 1)]
  }
}
