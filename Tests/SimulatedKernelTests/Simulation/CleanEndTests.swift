// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import SystemPackage
import Testing
import Uring

/// Connections that end in good order after a send that was cut, in every tier: no reset.
@Suite struct CleanEndTests {
  @Test(arguments: KernelTier.allCases, ["127.0.0.1:0", "unix:@clean end"])
  func anEndAfterACutSendIsNoReset(tier: KernelTier, address: String) throws {
    for seed in 1...5 as ClosedRange<UInt64> {
      let end = try simulation(seed, tier).run { group in
        let listener = try await StreamListener.bind(to: address, on: group)
        async let serving: Void = listener.serve { connection in
          try? await group.next().sleep(for: .milliseconds(50))
          while let chunk = try await connection.receive() { _ = chunk }
        }
        let connection = try await StreamConnection.connect(
          to: listener.localAddress, on: group.next())
        var hasTimedOut = false
        do {
          try await connection.send(
            [UInt8](repeating: 1, count: 1 << 20), timeout: .milliseconds(5))
        } catch {
          hasTimedOut = (error as? SocketError)?.errno == .timedOut
        }
        #expect(hasTimedOut)
        try await connection.finishSending()
        let end = await Self.end(of: connection)
        await connection.close()
        listener.abort()
        try await serving
        return end
      }
      #expect(end == "end", "seed \(seed)")
    }
  }

  private static func end(of connection: StreamConnection) async -> String {
    do {
      guard let chunk = try await connection.receive() else { return "end" }
      return "\(chunk.byteCount) bytes"
    } catch {
      return "\(error)"
    }
  }

  private func simulation(_ seed: UInt64, _ tier: KernelTier) -> Simulation {
    var configuration = SimulationConfiguration()
    configuration.features = tier.features
    return Simulation(seed: seed, configuration: configuration)
  }
}
