// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import TestSupport
import Testing
import Uring

/// An echo server, tested without a kernel: the example of the documentation.
@Suite struct EchoServerTests {
  /// The server under test.
  static func echo(_ connection: StreamConnection) async throws {
    while let chunk = try await connection.receive() {
      try await connection.send(chunk.bytes)
    }
  }

  /// Serves on a group, and returns what comes back of some bytes.
  static func exchange(
    _ bytes: [UInt8], on group: CompletionLoopGroup, policy: ResubmissionPolicy? = nil
  ) async throws -> [UInt8] {
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group, policy: policy)
    async let serving: Void = listener.serve(Self.echo)
    let received = try await exchange(bytes, with: listener.localAddress, on: group)
    listener.abort()
    try await serving
    return received
  }

  /// Sends bytes to an echo server, and returns what comes back.
  static func exchange(
    _ bytes: [UInt8], with address: SocketAddress, on group: CompletionLoopGroup
  ) async throws -> [UInt8] {
    let connection = try await StreamConnection.connect(to: address, on: group.next())
    async let sending: Void = sendAll(bytes, over: connection)
    var received: [UInt8] = []
    while let chunk = try await connection.receive() {
      let bytes = chunk.bytes
      for index in bytes.byteOffsets {
        received.append(unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
      }
    }
    try await sending
    return received
  }

  /// The test is one that a server can fail.
  @Test func wouldBlockAnswersAreTheServersUnderAnotherPolicy() throws {
    let bytes = [UInt8](repeating: 7, count: 100_000)
    let simulation = Simulation(seed: 1, faults: .sendWouldBlockStorm())
    let echoed = try simulation.run { group -> [UInt8]? in
      try? await Self.exchange(bytes, on: group, policy: .nonblocking)
    }
    #expect(firstDifference(echoed ?? [], bytes) != nil)
  }

  private static func sendAll(_ bytes: [UInt8], over connection: StreamConnection) async throws {
    try await connection.send(bytes)
    try await connection.finishSending()
  }

  @Test func echoes() throws {
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let simulation = Simulation(seed: 1)
    let echoed = try simulation.run { group in try await Self.exchange(bytes, on: group) }
    #expect(firstDifference(echoed, bytes) == nil)
    #expect(simulation.report.faults.total == 0)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func survivesAStormOfWouldBlock(seed: UInt64) throws {
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let simulation = Simulation(seed: seed, faults: .sendWouldBlockStorm())
    let echoed = try simulation.run { group in try await Self.exchange(bytes, on: group) }
    #expect(firstDifference(echoed, bytes) == nil)
    #expect(simulation.report.faults.total > 0)
  }
}
