// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import CompletionTestSupport
import Glibc
import Synchronization
import TestSupport
import Testing

/// Very many connections that take a place each and never send anything.
///
/// In a process of its own, for its descriptors.
@Suite("Silent peers", .timeLimit(.minutes(3)))
struct SilentPeersTests {
  @Test("10,000 connections that never send are ended, and one that does is served throughout")
  func silence() async {
    await #expect(processExitsWith: .success) {
      let limit = raisedDescriptorLimit()
      // Without direct tables both ends of each connection take a descriptor.
      let count = directPlaces(1) > 0 ? 10_000 : min(10_000, (limit - 512) / 2)
      require(count >= 500, "\(count) connections are too few to show anything")
      let clients = try CompletionLoopGroup(count: 1, configuration: manyPlaces)
      let group = try CompletionLoopGroup(count: 1, configuration: manyPlaces)
      var options = SocketOptions()
      options.backlog = 4096
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: options)
      let (ended, wrong) = (Tally(), Tally())
      let serving = Task {
        try await listener.serve(
          limits: ServeLimits(idleTime: .seconds(2)),
          onError: { _, error in
            let isTimeout = (error as? SocketError)?.errno == .timedOut
            (isTimeout ? ended : wrong).add()
          }
        ) { connection in
          guard let first = try await connection.receiveUnlessDraining() else { return }
          try await connection.enqueue(first)
          // Whoever has sent once may take its time.
          while let chunk = try await connection.receive() { try await connection.enqueue(chunk) }
        }
      }
      let (address, loop) = (listener.localAddress, clients.loops[0])
      let busy = try await StreamConnection.connect(to: address, on: loop)
      try await busy.exchange(100, times: 1)
      try await withThrowingTaskGroup(of: Void.self) { silent in
        for _ in 0..<count {
          silent.addTask(executorPreference: loop) {
            let client = try await StreamConnection.connect(to: address, on: loop)
            require(try await client.receive() == nil, "somebody has sent something")
            await client.close()
          }
        }
        while ended.value < count {
          require(wrong.value == 0, "\(wrong.value) connections failed for another reason")
          try await busy.exchange(100, times: 1)
        }
        try await silent.waitForAll()
      }
      await busy.close()
      await listener.close()
      try await serving.value
      let load = await group.statistics()[0].load
      require(load.sockets == 0 && load.timers == 0 && load.leasedBuffers == 0, "\(load)")
      require(ended.value == count, "\(ended.value) of \(count)")
      await group.close()
      await clients.close()
    }
  }
}

private var manyPlaces: LoopConfiguration {
  var configuration = LoopConfiguration()
  configuration.directDescriptorCount = directPlaces(10_240)
  return configuration
}

/// Raises the limit of descriptors as far as it goes.
private func raisedDescriptorLimit() -> Int {
  let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  var limit = rlimit()
  require(unsafe getrlimit(kind, &limit) == 0)
  limit.rlim_cur = limit.rlim_max
  require(unsafe setrlimit(kind, &limit) == 0)
  return Int(clamping: limit.rlim_cur)
}
