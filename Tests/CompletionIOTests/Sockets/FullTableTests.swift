import CompletionTestSupport
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// A full flight table refuses operations; it ends no listener.
@Suite("A full flight table", .timeLimit(.minutes(1)))
struct FullTableTests {
  @Test("A connect works once others have closed", arguments: [0, 16] as [UInt32])
  func laterConnect(placeCount: UInt32) async throws {
    let clients = try CompletionLoopGroup(count: 1)
    try await withLoops(
      1,
      {
        // The wake-up, the accept, and one connection that receives and sends.
        $0.flightLimit = 4
        $0.directDescriptorCount = directPlaces(placeCount)
      }
    ) { group in
      let loop = group.loops[0]
      try await withEcho(on: group) { address in
        for _ in 0..<3 {
          var connections: [TCPConnection] = []
          for _ in 0..<8 {
            connections.append(try await TCPConnection.connect(to: address, on: clients.loops[0]))
          }
          await loop.until { loop.statistics.flightTableFull > 0 }
          for connection in connections { await connection.close() }
          await loop.until { loop.operationCount == 2 && loop.taskCount == 0 }
          let late = try await TCPConnection.connect(to: address, on: clients.loops[0])
          try await late.exchange(100, times: 3)
          await late.close()
          await loop.until { loop.operationCount == 2 && loop.taskCount == 0 }
        }
      }
    }
    await clients.shutdown()
  }

  @Test("Accepting waits for a flight after a pause", arguments: [0, 16] as [UInt32])
  func afterPause(placeCount: UInt32) async throws {
    let clients = try CompletionLoopGroup(count: 1)
    try await withLoops(
      1,
      {
        $0.flightLimit = 4
        $0.unclaimedConnectionLimit = 1
        $0.directDescriptorCount = directPlaces(placeCount)
      }
    ) { group in
      let loop = group.loops[0]
      let listener = try await TCPListener.bind(to: "127.0.0.1:0", on: group)
      var visitors: [TCPConnection] = []
      var hosts: [TCPConnection] = []
      let acceptor = listener.acceptors[0]
      for _ in 0..<2 {
        visitors.append(
          try await TCPConnection.connect(to: listener.localAddress, on: clients.loops[0]))
      }
      hosts.append(try await listener.accept())
      // Paused, with a second connection that nobody has claimed.
      await loop.until { !acceptor.isAccepting }
      let sleeps = (0..<3).map { _ in Task { try await loop.sleep(for: .seconds(3600)) } }
      await loop.until { loop.operationCount == 4 }
      hosts.append(try await listener.accept())
      visitors.append(
        try await TCPConnection.connect(to: listener.localAddress, on: clients.loops[0]))
      async let third = listener.accept()
      await loop.until { loop.statistics.flightTableFull > 0 }
      sleeps[0].cancel()
      hosts.append(try await third)
      for sleep in sleeps { sleep.cancel() }
      for sleep in sleeps { _ = await sleep.result }
      for connection in visitors + hosts { await connection.close() }
      listener.close()
    }
    await clients.shutdown()
  }
}
