// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import Synchronization
import SystemPackage
import Testing
import Uring

@testable import Workloads

/// Found by the workloads echo, cancellation-storm and shutdown, seed 1: queued bytes were lost,
/// and the stream ended as if nothing had happened.
@Suite struct LostQueuedBytesTests {
  @Test(arguments: [Workload.echo, .cancellationStorm, .shutdown])
  func theSeedPasses(_ workload: Workload) {
    let episode = Episode(simulating: Scenario(workload, seed: 1, operationCount: 1000))
    #expect(episode.problems == [])
  }

  /// A kernel on which no gathered send ever succeeds, and a client that sends two bytes.
  private func simulate(
    _ serve: @escaping @Sendable (StreamListener) async throws -> Void
  ) throws {
    var faults = FaultPlan()
    faults[.answer(.sendMessage, .noMemory)] = 1
    try Simulation(seed: 1, faults: faults).run { group in
      let loop = group.loops[0]
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let client = Task(executorPreference: loop) {
        let client = try await StreamConnection.connect(to: listener.localAddress, on: loop)
        try await client.send([1])
        try await loop.sleep(for: .milliseconds(1))
        try await client.send([2])
        _ = try await client.receive()
      }
      try await serve(listener)
      listener.abort()
      _ = await client.result
    }
  }

  @Test func aHandlerIsTold() throws {
    let ends = Mutex<[Errno?]>([])
    try simulate { listener in
      try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
        let handler = StreamHandler(
          received: { stream, lease in
            stream.enqueue(copying: lease.bytes)
            stream.enqueue(copying: lease.bytes)
          },
          ended: { stream, error in
            ends.withLock { $0.append(error?.errno) }
            stream.close()
            done.resume()
          })
        do throws(SocketError) {
          try listener.handle(handler)
        } catch {
          done.resume(throwing: error)
        }
      }
    }
    #expect(ends.withLock { $0 } == [.noMemory])
  }

  /// Queues two bytes, which will not get out.
  private static func loseBytes(_ connection: StreamConnection) async throws {
    guard let first = try await connection.receive(), let second = try await connection.receive()
    else { throw CancellationError() }
    try await connection.enqueue(first)
    try await connection.enqueue(second)
  }

  @Test func whoeverReceivesNextIsTold() throws {
    try simulate { listener in
      let connection = try await listener.accept()
      try await Self.loseBytes(connection)
      let error = await #expect(throws: SocketError.self) {
        _ = try await connection.receive()?.byteCount
      }
      #expect(error?.errno == .noMemory)
    }
  }

  @Test func whoeverReceivesIntoMemoryNextIsTold() throws {
    try simulate { listener in
      let connection = try await listener.accept()
      try await Self.loseBytes(connection)
      var memory = [UInt8](repeating: 0, count: 10)
      let error = await #expect(throws: SocketError.self) {
        var span = memory.mutableSpan
        var bytes = unsafe span.mutableBytes
        _ = try await connection.receive(into: &bytes)
      }
      #expect(error?.errno == .noMemory)
    }
  }

  @Test func whoeverEndsTheSendingHalfIsTold() throws {
    try simulate { listener in
      let connection = try await listener.accept()
      try await Self.loseBytes(connection)
      let error = await #expect(throws: SocketError.self) {
        try await connection.finishSending()
      }
      #expect(error?.errno == .noMemory)
    }
  }
}
