// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import NIOCore
import NIOUring
import Serving
import Testing

/// What each example runs on.
let kernels: [KernelChoice] = [.ring, .readiness]

/// Runs a body with a server, and with the group of two loops that it and its clients share.
func withServer(
  on kernel: KernelChoice,
  _ start: (UringEventLoopGroup, _ port: Int) async throws -> RunningServer,
  _ body: (UringEventLoopGroup, RunningServer) async throws -> Void
) async throws {
  let group = try UringEventLoopGroup(numberOfThreads: 2, kernel: kernel)
  do {
    let server = try await start(group, 0)
    try await body(group, server)
  } catch {
    try await group.shutdownGracefully()
    throw error
  }
  try await group.shutdownGracefully()
}

/// Compares values that are found already.
///
/// Of an expression that asks for them, Swift Testing would explain each part, which takes minutes.
func expectEqual<Value: Equatable>(
  _ found: Value, _ expected: Value, at location: SourceLocation = #_sourceLocation
) {
  #expect(found == expected, sourceLocation: location)
}

/// Bytes of which no two stretches are alike.
func pattern(_ count: Int) -> ByteBuffer {
  ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
}

extension UringEventLoopGroup {
  /// Connects to a server; what it sends is bytes.
  func connect(to server: RunningServer) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    try await UringClientBootstrap(group: self).connect(to: server.address) { channel in
      channel.eventLoop.makeCompletedFuture {
        try NIOAsyncChannel(wrappingChannelSynchronously: channel)
      }
    }
  }
}

extension NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator {
  /// Waits for so many bytes; for fewer if the peer ends before.
  @concurrent mutating func next(_ count: Int) async throws -> ByteBuffer {
    var bytes = ByteBuffer()
    while bytes.readableBytes < count, let part = try await next() {
      bytes.writeImmutableBuffer(part)
    }
    return bytes
  }
}
