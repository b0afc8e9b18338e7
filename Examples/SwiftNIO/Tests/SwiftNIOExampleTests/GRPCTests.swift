// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import GRPCCore
import GRPCEcho
import GRPCNIOTransportHTTP2
import NIOCore
import NIOUring
import Serving
import Testing

/// gRPC Swift 2 on completion loops, as server and as client.
@Suite struct GRPCTests {
  @Test(arguments: kernels)
  func callsWithOneMessage(on kernel: KernelChoice) async throws {
    try await withClient(on: kernel) { client in
      for count in [0, 1, 16_384, 1_000_000] {
        let message = Array(pattern(count).readableBytesView)
        let echoed = try await client.get(message)
        let isSame = echoed == message
        #expect(isSame, "of \(count) bytes")
      }
    }
  }

  @Test(arguments: kernels)
  func callsAtTheSameTime(on kernel: KernelChoice) async throws {
    try await withClient(on: kernel) { client in
      try await withThrowingDiscardingTaskGroup { tasks in
        for number in 1...20 {
          tasks.addTask {
            let message = Array("message \(number)".utf8)
            let echoed = try await client.get(message)
            #expect(echoed == message)
          }
        }
      }
    }
  }

  @Test(arguments: kernels)
  func aCallWithMessagesInBothDirections(on kernel: KernelChoice) async throws {
    let counts = [1, 1_000_000, 0, 70_000, 2, 1_000_000]
    try await withClient(on: kernel) { client in
      let request = StreamingClientRequest<[UInt8]> { writer in
        for count in counts { try await writer.write(Array(pattern(count).readableBytesView)) }
      }
      let received = try await client.bidirectionalStreaming(
        request: request, descriptor: EchoService.update, serializer: ByteCoding(),
        deserializer: ByteCoding(), options: .defaults
      ) { response in
        var received: [[UInt8]] = []
        for try await message in response.messages { received.append(message) }
        return received
      }
      let isSame = received == counts.map { Array(pattern($0).readableBytesView) }
      #expect(isSame, "of \(received.map(\.count)) bytes")
    }
  }

  @Test(arguments: kernels)
  func aMethodThatIsNotThere(on kernel: KernelChoice) async throws {
    try await withClient(on: kernel) { client in
      let method = MethodDescriptor(
        fullyQualifiedService: "examples.Echo", method: "Nothing", type: .unary)
      let error = await #expect(throws: RPCError.self) {
        try await client.get([1], by: method)
      }
      #expect(error?.code == .unimplemented)
    }
  }

  private typealias Client = GRPCClient<HTTP2ClientTransport.WrappedChannel>

  /// Runs a body with a client of a server, which is ended gracefully behind it.
  private func withClient(
    on kernel: KernelChoice, _ body: (Client) async throws -> Void
  ) async throws {
    try await withServer(on: kernel, GRPCEcho.start) { group, server in
      let transport = try await GRPCEcho.clientTransport(to: server.address, on: group)
      try await withGRPCClient(transport: transport) { try await body($0) }
      try await server.stop()
    }
  }
}

extension GRPCClient {
  /// Sends a message, and returns the answer.
  fileprivate func get(
    _ message: [UInt8], by method: MethodDescriptor = EchoService.get
  ) async throws -> [UInt8] {
    try await unary(
      request: ClientRequest(message: message), descriptor: method, serializer: ByteCoding(),
      deserializer: ByteCoding(), options: .defaults
    ) { try $0.message }
  }
}
