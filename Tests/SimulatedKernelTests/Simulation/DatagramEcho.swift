// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import Testing

extension SimulationTests {
  /// Another little world: clients send datagrams to an echo server, under every fault.
  static func runDatagrams(_ simulation: Simulation) throws {
    try simulation.run { group in
      let server = try await DatagramSocket.bind(to: "127.0.0.1:0", on: group.next())
      let address = try #require(server.localAddress)
      async let serving: Void = echo(server)
      await withTaskGroup(of: Void.self) { tasks in
        for _ in 0..<5 {
          tasks.addTask { await exchange(with: address, on: group.next()) }
        }
      }
      server.stopReceiving()
      await serving
      await server.close()
    }
  }

  private static func echo(_ server: DatagramSocket) async {
    while true {
      do throws(SocketError) {
        guard let datagram = try await server.receive() else { return }
        try await server.reply(datagram)
      } catch {
        // An error of one datagram ends nothing.
        guard error.cause == .kernel else { return }
      }
    }
  }

  private static func exchange(with server: SocketAddress, on loop: CompletionLoop) async {
    guard let client = try? await DatagramSocket.connect(to: server, on: loop) else { return }
    for number in 0..<20 as Range<UInt8> {
      // Two at once, so that one may overtake the other.
      async let first: Void? = try? client.send([number, 1])
      async let second: Void? = try? client.send([number, 2])
      _ = await (first, second)
      for _ in 0..<2 { _ = try? await client.receive(timeout: .milliseconds(5)) }
    }
    await client.close()
  }
}
