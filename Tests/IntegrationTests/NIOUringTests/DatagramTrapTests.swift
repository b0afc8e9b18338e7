// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import NIOConcurrencyHelpers
import NIOCore
import NIOUring
import Testing

@Suite struct DatagramTrapTests {
  @Test(arguments: kernels)
  func writeAndFlushThenCloseLosesNothing(on kernel: KernelChoice) async throws {
    try await withGroup(kernel) { group in
      let (inbox, receiver) = try await group.receiver()
      let sender = try await group.sender(to: receiver)
      let last = sender.eventLoop.flatSubmit {
        for _ in 0..<9 { sender.write(ByteBuffer(string: "one of ten"), promise: nil) }
        let last = sender.writeAndFlush(ByteBuffer(string: "one of ten"))
        sender.close(promise: nil)
        return last
      }
      try await last.get()
      #expect(try await inbox.take(10).count == 10)
    }
  }

  @Test(arguments: kernels) func theAddressIsFreeBehindAClose(on kernel: KernelChoice) async throws
  {
    try await withGroup(kernel) { group in
      let bootstrap = UringDatagramBootstrap(group: group)
      var channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
      let address = try #require(channel.localAddress)
      for _ in 0..<50 {
        try await channel.close()
        channel = try await bootstrap.bind(to: address).get()
      }
      try await channel.close()
    }
  }

  @Test func aDatagramThatIsTooLargeFailsAlone() async throws {
    try await withGroup { group in
      let (inbox, receiver) = try await group.receiver()
      let sender = try await group.sender(to: receiver)
      let first = sender.write(ByteBuffer(string: "first"))
      let large = sender.write(ByteBuffer(repeating: 0, count: 100_000))
      try await sender.writeAndFlush(ByteBuffer(string: "last"))
      try await first.get()
      await #expect(throws: ChannelError.writeMessageTooLarge) { try await large.get() }
      #expect(try await inbox.take(2).map { String(buffer: $0.data) } == ["first", "last"])
    }
  }

  @Test func aWriteWithoutAnAddress() async throws {
    try await withGroup { group in
      let (_, receiver) = try await group.receiver()
      await #expect(throws: DatagramChannelError.WriteOnUnconnectedSocketWithoutAddress.self) {
        try await receiver.writeAndFlush(ByteBuffer(string: "to whom?"))
      }
      #expect(receiver.isActive)
    }
  }

  @Test func aPeerThatDoesNotExist() async throws {
    try await withGroup { group in
      let (_, receiver) = try await group.receiver()
      let errors = group.next().makePromise(of: IOError.self)
      let address = try #require(receiver.localAddress)
      let sender = try await UringDatagramBootstrap(group: group)
        .channelInitializer { $0.pipeline.addHandler(FirstError(errors)) }
        .connect(to: address).get()
      try await receiver.close()
      try await sender.writeAndFlush(ByteBuffer(string: "anybody?"))
      #expect(try await errors.futureResult.get().errnoCode == 111)  // ECONNREFUSED.
      // The channel goes on.
      let (inbox, other) = try await group.receiver()
      try await sender.connect(to: try #require(other.localAddress)).get()
      try await sender.writeAndFlush(ByteBuffer(string: "you"))
      #expect(try await inbox.take(1).map { String(buffer: $0.data) } == ["you"])
    }
  }

  @Test func aConnectFailsWhatWasWrittenBefore() async throws {
    try await withGroup { group in
      let (_, first) = try await group.receiver()
      let (inbox, second) = try await group.receiver()
      let sender = try await group.sender(to: first)
      let unsent = sender.write(ByteBuffer(string: "to the first"))
      try await sender.connect(to: try #require(second.localAddress)).get()
      let error = await #expect(throws: IOError.self) { try await unsent.get() }
      #expect(error?.errnoCode == 106)  // EISCONN.
      try await sender.writeAndFlush(ByteBuffer(string: "to the second"))
      #expect(try await inbox.take(1).map { String(buffer: $0.data) } == ["to the second"])
    }
  }

  @Test func optionsOfOtherFamilies() async throws {
    try await withGroup { group in
      let channel = try await UringDatagramBootstrap(group: group)
        .bind(host: "127.0.0.1", port: 0).get()
      await #expect(throws: IOError.self) {
        try await channel.setOption(.tcpOption(.tcp_nodelay), value: 1).get()
      }
      await #expect(throws: ChannelError.operationUnsupported) {
        try await channel.setOption(.allowRemoteHalfClosure, value: true).get()
      }
      await #expect(throws: ChannelError.operationUnsupported) {
        try await channel.close(mode: .output)
      }
      try await channel.close()
      await #expect(throws: ChannelError.ioOnClosedChannel) {
        try await channel.setOption(.receivePacketInfo, value: true).get()
      }
      await #expect(throws: ChannelError.alreadyClosed) { try await channel.close() }
    }
  }

  @Test func writabilityFollowsTheMarks() async throws {
    try await withGroup { group in
      let (_, receiver) = try await group.receiver()
      let sender = try await group.sender(to: receiver)
      try await sender.setOption(
        .writeBufferWaterMark, value: .init(low: 10, high: 20)
      ).get()
      #expect(sender.isWritable)
      let write = sender.write(ByteBuffer(repeating: 0, count: 21))
      #expect(try await sender.getOption(.bufferedWritableBytes).get() == 21)
      #expect(!sender.isWritable)
      sender.flush()
      try await write.get()
      #expect(sender.isWritable)
    }
  }

  @Test func groupsOfOtherFamilies() async throws {
    try await withGroup { group in
      let channel = try await UringDatagramBootstrap(group: group)
        .bind(host: "127.0.0.1", port: 0).get()
      let member = try #require(channel as? any MulticastChannel)
      await #expect(throws: ChannelError.badMulticastGroupAddressFamily) {
        try await member.joinGroup(try NIOCore.SocketAddress(ipAddress: "ff02::1", port: 0)).get()
      }
      let single = try NIOCore.SocketAddress(ipAddress: "127.0.0.1", port: 0)
      await #expect(throws: ChannelError.illegalMulticastAddress(single)) {
        try await member.joinGroup(single).get()
      }
      let all = try NIOCore.SocketAddress(ipAddress: "224.0.0.250", port: 0)
      await #expect(throws: IOError.self) { try await member.leaveGroup(all).get() }
    }
  }
}

/// Takes the first error.
private final class FirstError: ChannelInboundHandler, Sendable {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  private let promise: EventLoopPromise<IOError>

  init(_ promise: EventLoopPromise<IOError>) { self.promise = promise }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let error = error as? IOError { promise.succeed(error) } else { promise.fail(error) }
  }
}
