// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Descriptors that are given out again at once: no byte may reach another connection.
@Suite("Churn", .timeLimit(.minutes(3)))
struct ChurnTests {
  @Test(
    "Many short connections at once", arguments: Set([0, directPlaces(64)]).sorted())
  func shortConnections(directDescriptorCount: UInt32) async throws {
    let clients = try CompletionLoopGroup(count: 1)
    try await withLoops(1, { $0.directDescriptorCount = directPlaces(directDescriptorCount) }) {
      group in
      let count = Tally()
      try await withServer(on: group) { connection in
        if count.add() % 2 == 0 {
          while let chunk = try await connection.receive() { try await connection.enqueue(chunk) }
        } else {
          try await echo(connection)
        }
      } _: { address in
        try await withThrowingTaskGroup { tasks in
          for worker in 0..<48 {
            tasks.addTask {
              for round in 0..<40 {
                try await Self.visit(address, worker * 1000 + round, on: clients.loops[0])
              }
            }
          }
          try await tasks.waitForAll()
        }
      }
    }
    await clients.close()
  }

  /// Each visit has bytes of its own, and leaves in one of several ways.
  private static func visit(
    _ address: SocketAddress, _ number: Int, on loop: CompletionLoop
  ) async throws {
    let connection = try await StreamConnection.connect(to: address, on: loop)
    let message = numbered(1 + number % 97, from: number * 7919)
    try await connection.send(message)
    guard try await connection.receive(atMost: message.count) == message else {
      throw Errno.badMessage
    }
    switch number % 4 {
    case 0: await connection.close()
    case 1:
      try await connection.finishSending()
      guard try await connection.receiveAll() == [] else { throw Errno.badMessage }
      await connection.close()
    case 2:
      // With an echo on its way that nobody waits for.
      try await connection.send(message)
      connection.abort()
    default:
      break  // Dropped.
    }
  }
}
