// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import TestSupport
import Testing
import Uring

/// What one connection has queued goes out in portions of at most
/// ``LoopConfiguration/sendByteLimit``, one in a turn, between which other connections have theirs.
@Suite struct FairSendSimulationTests {
  private static let byteCount = 64_000
  private static let limit = 1000

  /// How the bytes are queued.
  enum Queue: CaseIterable {
    /// As one piece.
    case whole
    /// As more pieces than one send gathers, none of which ends where a portion ends.
    case pieces

    fileprivate var pieceByteCount: Int {
      switch self {
      case .whole: FairSendSimulationTests.byteCount
      case .pieces: 300
      }
    }
  }

  /// The short send is queued behind the long one and is out before it.
  @Test(arguments: SimulationConfiguration.Model.allCases, Queue.allCases)
  func aLongQueueKeepsNoOtherConnectionWaiting(
    _ model: SimulationConfiguration.Model, _ queue: Queue
  ) throws {
    let bytes = numbered(Self.byteCount)
    let simulation = Simulation(seed: 1, faults: .none, configuration: Self.configuration(model))
    let unsentByteCount = try simulation.run { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let long = try await StreamConnection.connect(to: listener.localAddress, on: group.next())
      let longPeer = try await listener.accept()
      let short = try await StreamConnection.connect(to: listener.localAddress, on: group.next())
      let shortPeer = try await listener.accept()
      for start in stride(from: 0, to: bytes.count, by: queue.pieceByteCount) {
        long.enqueue(copying: Array(bytes[start..<min(start + queue.pieceByteCount, bytes.count)]))
      }
      short.enqueue(copying: [1])
      try await short.flush()
      let unsentByteCount = await long.unsentByteCount
      try await long.finishSending()
      let received = try await Self.receiveAll(from: longPeer)
      #expect(firstDifference(received, bytes) == nil)
      let answer = try await shortPeer.receive()
      #expect(answer?.byteCount == 1)
      for connection in [long, longPeer, short, shortPeer] { await connection.close() }
      listener.abort()
      return unsentByteCount
    }
    #expect(unsentByteCount >= Self.byteCount - 4 * Self.limit)
    #expect(unsentByteCount < Self.byteCount)
  }

  /// Each socket would take all bytes at once.
  private static func configuration(
    _ model: SimulationConfiguration.Model
  ) -> SimulationConfiguration {
    var configuration = SimulationConfiguration()
    configuration.model = model
    configuration.loop.sendByteLimit = limit
    configuration.network.sendBufferByteCount = 2 * byteCount
    configuration.network.receiveBufferByteCount = 2 * byteCount
    return configuration
  }

  private static func receiveAll(from connection: StreamConnection) async throws -> [UInt8] {
    var received: [UInt8] = []
    while let lease = try await connection.receive() { received.append(copying: lease.bytes) }
    return received
  }
}
