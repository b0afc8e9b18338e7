// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// A body that ignores the end of the stream starved its loop: what completes at once lets others
/// go on all the same.
@Suite(.timeLimit(.minutes(3))) struct BusyBodyTests {
  /// What a body does again and again, without a wait.
  enum Deed: CaseIterable {
    case receive, receiveIntoMemory, receiveNothing, failingSend, emptySend, finishSending, sleep

    func perform(on connection: StreamConnection) async {
      switch self {
      case .receive: _ = try? await connection.receive()
      case .receiveIntoMemory: _ = try? await connection.receive(8)
      case .receiveNothing: _ = try? await connection.receive(0)
      case .failingSend: try? await connection.send([1])
      case .emptySend: try? await connection.send([])
      case .finishSending: try? await connection.finishSending()
      case .sleep: try? await connection.loop.sleep(for: .zero)
      }
    }
  }

  @Test(arguments: Deed.allCases)
  func theLoopGoesOnAndServeCanBeCancelled(_ deed: Deed) async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let (isBusy, mayEnd) = (Event(), Event())
      let serving = Task {
        try await listener.serve { connection in
          let first = try await connection.receive(1)
          guard first == [1] else { return try await echo(connection) }
          if deed == .failingSend { try await connection.finishSending() }
          while try await connection.receive() != nil {}
          isBusy.happen()
          while !mayEnd.hasHappened { await deed.perform(on: connection) }
        }
      }
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0])
      try await client.send([1])
      try await client.finishSending()
      await isBusy.wait()
      let neighbour = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0])
      try await neighbour.send([2])
      try await neighbour.exchange(100, times: 20)
      serving.cancel()
      // A body that does not heed its cancellation keeps nobody else from going on either.
      #expect(try await neighbour.receiveAll() == [])
      for _ in 0..<20 { _ = await group.loops[0].ask { 0 } }
      mayEnd.happen()
      try await serving.value
      await client.close()
      await neighbour.close()
    }
  }
}
