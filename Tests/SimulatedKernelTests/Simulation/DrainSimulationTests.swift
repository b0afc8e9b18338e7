// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import TestSupport
import Testing
import Uring

/// Deadlines and draining in virtual time, where an hour is a step.
@Suite struct DrainSimulationTests {
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func requestsThatHaveBegunAreAnswered(seed: UInt64) throws {
    let simulation = SimulationTests.simulation(seed: seed, faults: FaultPlan())
    let answers = try simulation.run { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let serving = Task(executorPreference: group.loops[0]) {
        try await listener.serve { connection in
          while let start = try await connection.receiveUnlessDraining() {
            // Long after the listener has closed.
            try await connection.loop.sleep(for: .seconds(60))
            try await connection.send(start.bytes)
          }
        }
      }
      let address = listener.localAddress
      return try await withThrowingTaskGroup(of: [UInt8].self) { clients in
        for number in 0..<10 as Range<UInt8> {
          clients.addTask { try await ask(number, at: address, on: group) }
        }
        try await group.loops[0].sleep(for: .seconds(30))
        let left = try await group.drain(grace: .seconds(3600))
        #expect(left == 0)
        try await serving.value
        return try await clients.reduce(into: []) { $0 += $1 }
      }
    }
    #expect(answers.sorted() == Array(0..<10))
  }

  /// Asks once, and reads to the end, which a drain brings.
  private func ask(
    _ number: UInt8, at address: SocketAddress, on group: CompletionLoopGroup
  ) async throws -> [UInt8] {
    let connection = try await StreamConnection.connect(to: address, on: group.next())
    try await connection.send([number])
    var received: [UInt8] = []
    while let chunk = try await connection.receive() {
      for index in chunk.bytes.byteOffsets {
        received.append(unsafe chunk.bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
      }
    }
    await connection.close()
    return received
  }

  @Test func aGraceAndADeadlineAreAsLongAsTheySay() throws {
    let simulation = Simulation(seed: 3)
    let (left, grace, waited) = try simulation.run { group in
      let loop = group.loops[0]
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let client = try await StreamConnection.connect(to: listener.localAddress, on: loop)
      let far = try await listener.accept()
      var start = loop.now
      let left = try await group.drain(grace: .seconds(3600))
      let grace = start.duration(to: loop.now)
      start = loop.now
      do throws(SocketError) {
        try await client.withDeadline(loop.now + .seconds(7200)) { () async throws(SocketError) in
          _ = try await client.receive()
        }
      } catch {
        #expect(error.cause == .timeout)
      }
      let waited = start.duration(to: loop.now)
      await far.close()
      await client.close()
      return (left, grace, waited)
    }
    #expect(left == 1)
    #expect(grace >= .seconds(3600) && grace < .seconds(3601))
    #expect(waited >= .seconds(7200) && waited < .seconds(7201))
  }
}
