// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import Testing

@Test(arguments: 1...20 as ClosedRange<UInt64>)
func survivesAStormOfWouldBlock(seed: UInt64) throws {
  let simulation = Simulation(seed: seed, faults: .sendWouldBlockStorm())
  let echoed = try simulation.run { group in
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    async let serving: Void = listener.serve(echo)
    let connection = try await StreamConnection.connect(
      to: listener.localAddress, on: group.next())
    async let sending: Void = connection.send([UInt8](repeating: 7, count: 100_000))
    var byteCount = 0
    while byteCount < 100_000, let chunk = try await connection.receive() {
      byteCount += chunk.byteCount
    }
    try await sending
    await connection.close()
    await listener.close()
    try await serving
    return byteCount
  }
  #expect(echoed == 100_000)
  #expect(simulation.report.faults.total > 0)
}

func echo(_ connection: StreamConnection) async throws {
  while let chunk = try await connection.receive() {
    try await connection.send(chunk.bytes)
  }
}

func planFaults() -> FaultPlan {
  var plan = FaultPlan()
  plan[.answer(.accept, .tooManyOpenFiles)] = 0.5
  plan[.shortReceive] = 0.9
  return plan
}
