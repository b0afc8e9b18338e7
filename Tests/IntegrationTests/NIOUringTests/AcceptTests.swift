// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Dispatch
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOUring
import Testing

/// Listeners: what their connections know, and who decides about them.
@Suite struct AcceptTests {
  @Test func anInitializerKnowsTheAddresses() async throws {
    try await withGroup { group in
      let ports = NIOLockedValueBox<[Int?]>([])
      let server = try await group.listen { channel in
        ports.withLockedValue {
          $0 = [channel.localAddress?.port, channel.remoteAddress?.port]
        }
        return channel.pipeline.addHandler(EchoHandler())
      }
      let client = try await UringClientBootstrap(group: group)
        .connect(to: try #require(server.localAddress)).get()
      let byte = client.eventLoop.makePromise(of: Void.self)
      try await client.pipeline.addHandler(FirstByte(byte)).get()
      try await client.writeAndFlush(ByteBuffer(bytes: [1])).get()
      try await byte.futureResult.get()
      let known = ports.withLockedValue { $0 }
      #expect(known == [client.remoteAddress?.port, client.localAddress?.port])
      try await client.close()
      try await server.close()
    }
  }

  /// A handler of the connection's own sees its registration, and may refuse it.
  @Test func aRegistrationThatIsRefusedClosesTheConnection() async throws {
    try await withGroup { group in
      let server = try await group.listen { $0.pipeline.addHandler(RefusesRegistration()) }
      let client = try await UringClientBootstrap(group: group)
        .connect(to: try #require(server.localAddress)).get()
      try await client.closeFuture.get()
      try await server.close()
    }
  }

  /// Without autoRead a listener takes a connection for each read, and no other.
  @Test(arguments: kernels) func aListenerThatIsReadByHand(on kernel: KernelChoice) async throws {
    try await withGroup(kernel) { group in
      let accepted = NIOLockedValueBox(0)
      let server = try await UringServerBootstrap(group: group)
        .serverChannelOption(.autoRead, value: false)
        .childChannelInitializer { channel in
          accepted.withLockedValue { $0 += 1 }
          return channel.eventLoop.makeSucceededVoidFuture()
        }
        .bind(host: "127.0.0.1", port: 0).get()
      let address = try #require(server.localAddress)
      var clients: [any Channel] = []
      for _ in 0..<3 {
        clients.append(try await UringClientBootstrap(group: group).connect(to: address).get())
      }
      for _ in 0..<20 { try await server.eventLoop.passTurn() }
      #expect(accepted.withLockedValue { $0 } == 0)
      for count in 1...3 {
        server.read()
        while accepted.withLockedValue({ $0 }) < count { try await server.eventLoop.passTurn() }
      }
      for client in clients { try await client.close() }
      try await server.close()
    }
  }

  /// A listener whose accepts cannot succeed any more ends instead of trying for ever.
  @Test(arguments: kernels) func aListenerThatIsShutDownEnds(on kernel: KernelChoice) async throws {
    try await withGroup(kernel) { group in
      let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      try #require(listening >= 0)
      let log = EventLog()
      let server = try await UringServerBootstrap(group: group)
        .serverChannelInitializer { $0.pipeline.addHandler(log) }
        .withBoundSocket(listening).get()
      #expect(shutdown(listening, Int32(SHUT_RD)) == 0)
      try await server.closeFuture.get()
      #expect(log.events.contains("error"))
    }
  }

  @Test func anotherGroupIsRefused() async throws {
    try await withGroup { group in
      let loop = group.next()
      #expect(UringServerBootstrap(validatingGroup: loop) != nil)
      #expect(UringClientBootstrap(validatingGroup: loop) != nil)
      #expect(UringServerBootstrap(validatingGroup: OtherGroup(group)) == nil)
      #expect(UringClientBootstrap(validatingGroup: OtherGroup(group)) == nil)
    }
  }

  @Test func theSingletonIsNotShutDown() async throws {
    await #expect(throws: (any Error).self) {
      try await UringEventLoopGroup.singleton.shutdownGracefully()
    }
    try await UringEventLoopGroup.singleton.next().submit {}.get()
  }

  @Test func anOptionThatAChannelDoesNotHaveIsAnError() async throws {
    try await withGroup { group in
      let server = try await group.listen { $0.eventLoop.makeSucceededVoidFuture() }
      await #expect(throws: ChannelError.operationUnsupported) {
        try await server.setOption(.allowRemoteHalfClosure, value: true).get()
      }
      try await server.close()
    }
  }
}

/// Tells of the first bytes.
private final class FirstByte: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer

  private let promise: EventLoopPromise<Void>

  init(_ promise: EventLoopPromise<Void>) { self.promise = promise }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { promise.succeed(()) }
}

private final class RefusesRegistration: ChannelOutboundHandler, Sendable {
  typealias OutboundIn = ByteBuffer

  func register(context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
    promise?.fail(ChannelError.operationUnsupported)
  }
}

/// A group of nobody's.
private final class OtherGroup: EventLoopGroup {
  private let group: UringEventLoopGroup

  init(_ group: UringEventLoopGroup) { self.group = group }

  func next() -> any EventLoop { group.next() }
  func any() -> any EventLoop { group.any() }
  func makeIterator() -> EventLoopIterator { group.makeIterator() }
  func shutdownGracefully(
    queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void
  ) {}
}
