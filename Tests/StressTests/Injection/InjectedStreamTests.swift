// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Whole connections while every third answer of the kernel is a transient error.
@Suite(
  "Streams under injected answers",
  .enabled(if: Ring.injectsResults, "NOPs cannot complete with a result (Linux 6.10)"),
  .timeLimit(.minutes(3)))
struct InjectedStreamTests {
  /// Errors that lose nothing, so that nothing may be lost.
  static let transient: [Uring.Operation: [Errno]] = [
    .receive: [
      .resourceTemporarilyUnavailable, .interrupted, .noBufferSpace, .noMemory,
    ],
    .send: [
      .resourceTemporarilyUnavailable, .interrupted, .noBufferSpace, .noMemory, .nowInProgress,
    ],
    .sendMessage: [
      .resourceTemporarilyUnavailable, .interrupted, .noBufferSpace, .noMemory,
    ],
    .connect: [.noMemory, .noBufferSpace],
    .read: [.interrupted],
  ]

  @Test("No byte is lost, doubled or moved", arguments: [1, 2, 3] as [UInt64], [false, true])
  func exchanges(seed: UInt64, isTight: Bool) async throws {
    var configuration = LoopConfiguration()
    configuration.bufferCount = 4
    let options = isTight ? SocketOptions.tight : SocketOptions()
    try await withLoops { group in
      let injected = try await InjectedLoop.start(configuration)
      injected.plan.begin(
        InjectionPlan.Storm(
          numbers: SeededNumbers(seed: seed), percentage: 30, errors: Self.transient))
      try await withEcho(on: group, options: options) { address in
        try await withThrowingTaskGroup { tasks in
          for index in 0..<16 {
            tasks.addTask {
              let connection = try await StreamConnection.connect(
                to: address, on: injected.loop, options: options)
              for round in 0..<12 {
                try await connection.exchange(
                  1 + (index * 4099 + round * 997) % 60_000, from: index)
              }
              await connection.close()
            }
          }
          try await tasks.waitForAll()
        }
      }
      #expect(injected.plan.count > 100)
      let statistics = await injected.loop.ask { injected.loop.statistics }
      for kind in [Verdict.Kind.pollFirst, .resubmit, .backOff] {
        #expect(statistics.count(of: kind) > 0, "\(kind)")
      }
      injected.plan.begin(nil)
      await injected.stop()
    }
  }

  @Test("A send that fails in the end tells exactly how much went out", arguments: 1...8)
  func sendFails(seed: UInt64) async throws {
    try await withLoops { group in
      let injected = try await InjectedLoop.start(LoopConfiguration())
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group, options: .tight)
      let near = try await StreamConnection.connect(
        to: listener.localAddress, on: injected.loop, options: .tight)
      let far = try await listener.accept()
      let receiving = Task { try await far.receive(atMost: .max) }
      injected.plan.begin(
        InjectionPlan.Storm(
          numbers: SeededNumbers(seed: seed), percentage: 10,
          errors: [.send: [.timedOut], .sendMessage: [.timedOut]]))
      var sentCount = 0
      var error: SocketError?
      while error == nil {
        let piece = numbered(200_000, from: sentCount)
        error = await failure { () async throws(SocketError) in try await near.send(piece) }
        sentCount += error?.byteCount ?? piece.count
      }
      #expect(error?.errno == .timedOut)
      near.abort()
      let received = try await receiving.value
      #expect(received.count == sentCount)
      #expect(firstDifference(received, numbered(sentCount)) == nil)
      injected.plan.begin(nil)
      await far.close()
      await injected.stop()
    }
  }
}
