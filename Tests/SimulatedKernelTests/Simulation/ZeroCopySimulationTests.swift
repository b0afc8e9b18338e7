// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import CompletionTestSupport
import SimulatedKernel
import SystemPackage
import TestSupport
import Testing
import Uring

/// Zero-copy sends under every fault that ends no connection, and in virtual time.
///
/// The simulated kernel reports a program that changes memory before its notification.
@Suite struct ZeroCopySimulationTests {
  @Test("Every byte arrives, and each send returns", arguments: 1...20 as ClosedRange<UInt64>)
  func everyByte(seed: UInt64) throws {
    let simulation = SimulationTests.simulation(seed: seed, faults: .transient(rate: 0.05))
    let received = try simulation.run { group in
      let pair = try await ConnectionPair(on: group)
      let (near, far) = (pair.near, pair.far)
      async let sending: Void = {
        for index in 0..<10 {
          var message = numbered(1000 + 700 * index, from: index)
          unsafe try await near.sendZeroCopy(message.span.bytes)
          for place in message.indices { message[place] = 0xff }
          try await near.send([UInt8(index)])
        }
      }()
      let received = try await far.receive(atMost: 10 * 1001 + 700 * 45)
      try await sending
      await pair.close()
      return received
    }
    var expected: [UInt8] = []
    for index in 0..<10 {
      expected += numbered(1000 + 700 * index, from: index) + [UInt8(index)]
    }
    #expect(firstDifference(received, expected) == nil)
  }

  @Test("A send to a peer that does not read ends at its deadline, in time")
  func deadline() throws {
    let simulation = SimulationTests.simulation(seed: 3, faults: .none)
    let error = try simulation.run { group -> SocketError? in
      let pair = try await ConnectionPair(on: group)
      let message = numbered(1 << 20)
      let error = await failure { () async throws(SocketError) in
        unsafe try await pair.near.sendZeroCopy(message.span.bytes, timeout: .seconds(1))
      }
      await pair.close()
      return error
    }
    #expect(error?.cause == .timeout)
    #expect((error?.byteCount ?? -1) < 1 << 20)
    #expect(simulation.report.elapsed < .seconds(2))
  }
}
