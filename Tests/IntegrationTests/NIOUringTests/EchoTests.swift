// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import NIOCore
import NIOUring
import SimulatedKernel
import Testing

@Suite struct EchoTests {
  @Test(arguments: kernels) func echoes(on kernel: KernelChoice) async throws {
    try await withGroup(kernel) { group in
      let server = try await group.listen { $0.pipeline.addHandler(EchoHandler()) }
      try await echo(1_000_000, in: 3001, by: group, to: server)
      try await server.close()
    }
  }

  @Test func connectionsOfOtherLoops() async throws {
    try await withGroup(loops: 2) { group in
      let server = try await group.listen { $0.pipeline.addHandler(EchoHandler()) }
      for _ in 0..<4 { try await echo(10_000, in: 100, by: group, to: server) }
      try await server.close()
    }
  }

  /// An echo over simulated sockets, with faults: NIO programs are tested without a kernel.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func echoesWithoutAKernel(seed: UInt64) throws {
    let simulation = Simulation(seed: seed, faults: .sendWouldBlockStorm())
    try simulation.run { completionLoops in
      let group = UringEventLoopGroup(completionLoops)
      let server = try await group.listen { $0.pipeline.addHandler(EchoHandler()) }
      try await echo(20_000, in: 1000, by: group, to: server)
      try await server.close()
    }
  }

  @Test func severalAddressesOfAHost() async throws {
    try await withGroup { group in
      let server = try await group.listen { $0.pipeline.addHandler(EchoHandler()) }
      let port = try #require(server.localAddress?.port)
      let client = try await UringClientBootstrap(group: group)
        .connect(host: "localhost", port: port).get()
      #expect(client.isActive)
      try await client.close()
      try await server.close()
    }
  }

  @Test func aHostThatIsNotThere() async throws {
    try await withGroup { group in
      _ = await #expect(throws: HostConnectError.self) {
        try await UringClientBootstrap(group: group).connect(host: "no.such.invalid", port: 1).get()
      }
    }
  }

  @Test func nobodyListens() async throws {
    try await withGroup { group in
      let server = try await group.listen { $0.eventLoop.makeSucceededVoidFuture() }
      let address = try #require(server.localAddress)
      try await server.close()
      let error = await #expect(throws: IOError.self) {
        try await UringClientBootstrap(group: group).connect(to: address).get()
      }
      #expect(error?.errnoCode == 111)  // ECONNREFUSED.
    }
  }
}

/// Sends bytes and compares what comes back.
func echo(
  _ byteCount: Int, in pieceSize: Int, by group: UringEventLoopGroup, to server: any Channel
) async throws {
  let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  let client = try await group.connect(to: server)
  try await client.executeThenClose { inbound, outbound in
    var received = ByteBuffer()
    var sent = 0
    var parts = inbound.makeAsyncIterator()
    while received.readableBytes < byteCount {
      // At most so much on its way, so that neither side waits for the other.
      while sent < byteCount, sent - received.readableBytes < 60_000 {
        let end = min(byteCount, sent + pieceSize)
        try await outbound.write(ByteBuffer(bytes: bytes[sent..<end]))
        sent = end
      }
      guard let part = try await parts.next() else { break }
      received.writeImmutableBuffer(part)
    }
    #expect(received.readableBytes == byteCount)
    #expect(received.readableBytesView.elementsEqual(bytes))
  }
}
