// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// One request and its response on a connection.
struct HTTPExchange: ~Copyable {
  private var reader: ByteReader
  /// Whether any byte of the response has come.
  private(set) var hasBegun = false

  private static let lineLimit = 8192
  private static let headerLimit = 100
  /// Bytes of a body; more are an error, because the body is kept in memory.
  private static let bodyLimit = 1 << 28

  /// Begins an exchange on a connection on which nothing is unread.
  init(on connection: StreamConnection) {
    reader = ByteReader(connection)
  }

  /// A response, and whether the connection can carry another request.
  struct Response {
    let head: HTTPResponseHead
    let body: [UInt8]
    let leavesConnectionFree: Bool
  }

  /// Sends a request, and reads the response.
  ///
  /// - Throws: ``SocketError``; ``ClientError`` for what is no response.
  mutating func perform(_ request: HTTPRequest) async throws -> Response {
    try await reader.connection.send(request.bytes)
    var head = try await readHead()
    // Responses below 200 only announce the one that counts (RFC 9110, 15.2).
    while head.status < 200 { head = try await readHead() }
    let framing = try head.framing(of: request.method)
    var body: [UInt8] = []
    switch framing {
    case .none: break
    case .byteCount(let count): try await read(count, into: &body)
    case .chunks: try await readChunks(into: &body)
    case .endOfStream:
      while try await reader.read() { try append(to: &body) }
    }
    let isFree =
      head.keepsConnection && framing != .endOfStream && reader.unreadByteCount == 0
    return Response(head: head, body: body, leavesConnectionFree: isFree)
  }

  private mutating func readHead() async throws -> HTTPResponseHead {
    if try await reader.peek(1) { hasBegun = true }
    var head = try HTTPResponseHead(statusLine: try await readLine())
    for _ in 0...Self.headerLimit {
      let line = try await readLine()
      if line.isEmpty { return head }
      try head.add(headerLine: line)
    }
    throw ClientError.badResponse("it has more than \(Self.headerLimit) headers")
  }

  private mutating func readLine() async throws -> String {
    guard try await reader.readLine(limit: Self.lineLimit) else { throw endOfStream }
    guard let line = String(validating: reader.element) else {
      throw ClientError.badResponse("a line of its head is not UTF-8")
    }
    return line
  }

  /// Reads so many bytes, in whatever pieces they come.
  private mutating func read(_ count: Int, into body: inout [UInt8]) async throws {
    var left = count
    while left > 0 {
      guard try await reader.read(atMost: left) else { throw endOfStream }
      left -= reader.element.byteCount
      try append(to: &body)
    }
  }

  /// Reads pieces that each tell their length (RFC 9112, 7.1).
  private mutating func readChunks(into body: inout [UInt8]) async throws {
    while true {
      let line = try await readLine()
      let digits = line.prefix { $0.isHexDigit }
      guard let count = Int(digits, radix: 16) else {
        throw ClientError.badResponse("a chunk has no length: \(line.prefix(40))")
      }
      if count == 0 { break }
      try await read(count, into: &body)
      guard try await readLine().isEmpty else {
        throw ClientError.badResponse("a chunk is longer than its length")
      }
    }
    // Headers may follow the last chunk; nobody here wants them.
    while try await !readLine().isEmpty {}
  }

  private func append(to body: inout [UInt8]) throws {
    body.append(copying: reader.element)
    guard body.count <= Self.bodyLimit else {
      throw ClientError.badResponse("its body has more than \(Self.bodyLimit) bytes")
    }
  }

  private var endOfStream: SocketError {
    SocketError(.receive, .noData, cause: .endOfStream, peer: reader.connection.peerAddress)
  }
}
