// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOUring
import Serving
import Testing

/// A client's connection of HTTP/1.1, or one of its streams of HTTP/2.
typealias HTTPClientChannel = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

/// One end of a connection that asks.
struct HTTPExchange {
  private var inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
  private let outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>

  init(
    _ inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>,
    _ outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
  ) {
    self.inbound = inbound.makeAsyncIterator()
    self.outbound = outbound
  }

  /// Asks for a target, and waits for all of the answer's body.
  @concurrent mutating func get(_ target: String) async throws -> String {
    try await Self.send(.GET, target, [], to: outbound)
    return String(buffer: try await answer())
  }

  /// Sends bytes in pieces, and receives those that come back meanwhile.
  @concurrent mutating func post(
    _ bytes: ByteBuffer, in pieceSize: Int
  ) async throws -> ByteBuffer {
    var rest = bytes
    var pieces: [ByteBuffer] = []
    while let piece = rest.readSlice(length: min(pieceSize, max(rest.readableBytes, 1))) {
      pieces.append(piece)
    }
    let (outbound, body) = (outbound, pieces)
    async let sent: Void = Self.send(.POST, "/echo", body, to: outbound)
    let answer = try await answer()
    try await sent
    return answer
  }

  private static func send(
    _ method: HTTPMethod, _ target: String, _ body: [ByteBuffer],
    to outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
  ) async throws {
    var headers = HTTPHeaders([("host", "localhost")])
    if method == .POST {
      let count = body.reduce(0) { $0 + $1.readableBytes }
      headers.add(name: "content-length", value: "\(count)")
    }
    let head = HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: headers)
    try await outbound.write(.head(head))
    for piece in body { try await outbound.write(.body(.byteBuffer(piece))) }
    try await outbound.write(.end(nil))
  }

  @concurrent private mutating func answer() async throws -> ByteBuffer {
    var body = ByteBuffer()
    while let part = try await inbound.next() {
      switch part {
      case .head(let head): #expect(head.status == .ok)
      case .body(let bytes): body.writeImmutableBuffer(bytes)
      case .end: return body
      }
    }
    throw EndedTooSoon()
  }
}

/// The server has closed the connection in the middle of an answer.
struct EndedTooSoon: Error {}

/// Asks a server of HTTP/1.1 several things through one connection.
func converse(with server: RunningServer, by group: UringEventLoopGroup) async throws {
  let client = try await UringClientBootstrap(group: group).connect(to: server.address) { channel in
    channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.addHTTPClientHandlers()
      return try HTTPClientChannel(wrappingChannelSynchronously: channel)
    }
  }
  try await client.executeThenClose { inbound, outbound in
    var exchange = HTTPExchange(inbound, outbound)
    for number in 1...10 {
      expectEqual(try await exchange.get("/\(number)"), "hello /\(number)!")
    }
    let bytes = pattern(1_000_000)
    let isSame = try await exchange.post(bytes, in: 50_001) == bytes
    #expect(isSame)
    expectEqual(try await exchange.get("/last"), "hello /last!")
  }
}
