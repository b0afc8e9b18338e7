// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import FramedMessages
import NIOCore
import NIOUring
import Serving
import Synchronization
import Testing

/// NIOExtras on completion loops: framing, and an end that breaks no conversation off.
@Suite struct FramingTests {
  @Test(arguments: kernels)
  func linesInPieces(on kernel: KernelChoice) async throws {
    try await withServer(on: kernel, FramedMessages.startLines) { group, server in
      let client = try await group.connect(to: server)
      try await client.executeThenClose { inbound, outbound in
        var parts = inbound.makeAsyncIterator()
        for piece in ["on", "e\nt", "wo\nthree\r", "\n"] {
          try await outbound.write(ByteBuffer(string: piece))
        }
        #expect(String(buffer: try await parts.next(14)) == "ONE\nTWO\nTHREE\n")
      }
    }
  }

  @Test(arguments: kernels)
  func messagesBehindTheirLength(on kernel: KernelChoice) async throws {
    try await withServer(on: kernel, FramedMessages.startLengths) { group, server in
      try await withLengths(to: server, on: group) { inbound, outbound in
        var messages = inbound.makeAsyncIterator()
        for count in [0, 1, 65_536, 700_000, 3] {
          let message = pattern(count)
          try await outbound.write(message)
          let isSame = try await messages.next() == message
          #expect(isSame, "of \(count) bytes")
        }
      }
    }
  }

  @Test(arguments: kernels)
  func connectionsAreAskedToEnd(on kernel: KernelChoice) async throws {
    try await withServer(on: kernel, FramedMessages.startLines) { group, server in
      let client = try await group.connect(to: server)
      let other = try await group.connect(to: server)
      try await client.executeThenClose { inbound, outbound in
        try await other.executeThenClose { otherInbound, otherOutbound in
          var (parts, otherParts) = (inbound.makeAsyncIterator(), otherInbound.makeAsyncIterator())
          try await outbound.write(ByteBuffer(string: "one\n"))
          try await otherOutbound.write(ByteBuffer(string: "two\n"))
          #expect(String(buffer: try await parts.next(4)) == "ONE\n")
          #expect(String(buffer: try await otherParts.next(4)) == "TWO\n")
          try await server.stop()
          #expect(String(buffer: try await parts.next(.max)) == "BYE\n")
          #expect(String(buffer: try await otherParts.next(.max)) == "BYE\n")
        }
      }
      await #expect(throws: IOError.self) { try await group.connect(to: server) }
    }
  }

  @Test(arguments: kernels)
  func aConversationIsNotBrokenOff(on kernel: KernelChoice) async throws {
    try await withServer(on: kernel, FramedMessages.startLengths) { group, server in
      let hasStopped = Flag()
      var stopping: Task<Void, any Error>?
      try await withLengths(to: server, on: group) { inbound, outbound in
        var messages = inbound.makeAsyncIterator()
        try await outbound.write(ByteBuffer(string: "before"))
        expectEqual(try await messages.next(), ByteBuffer(string: "before"))
        stopping = Task {
          try await server.stop()
          hasStopped.isSet.store(true, ordering: .sequentiallyConsistent)
        }
        await listenerIsClosed(server, group)
        try await outbound.write(ByteBuffer(string: "after"))
        expectEqual(try await messages.next(), ByteBuffer(string: "after"))
        let isOver = hasStopped.isSet.load(ordering: .sequentiallyConsistent)
        #expect(!isOver)
      }
      try await stopping?.value
    }
  }

  /// Connects until nobody listens.
  private func listenerIsClosed(_ server: RunningServer, _ group: UringEventLoopGroup) async {
    while let client = try? await UringClientBootstrap(group: group)
      .connect(to: server.address).get()
    {
      try? await client.close()
    }
  }

  private func withLengths(
    to server: RunningServer, on group: UringEventLoopGroup,
    _ body: (
      NIOAsyncChannelInboundStream<ByteBuffer>, NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws -> Void
  ) async throws {
    let client = try await UringClientBootstrap(group: group).connect(to: server.address) {
      channel in
      channel.eventLoop.makeCompletedFuture {
        try FramedMessages.addLengthCodec(to: channel)
        return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
      }
    }
    try await client.executeThenClose { try await body($0, $1) }
  }
}

/// What a task tells others once.
private final class Flag: Sendable {
  let isSet = Atomic(false)
}
