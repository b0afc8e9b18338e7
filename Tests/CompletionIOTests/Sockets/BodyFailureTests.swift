// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// What bodies of `serve` throw, where nobody has asked to be told.
@Suite("Failures of bodies", .timeLimit(.minutes(3)))
struct BodyFailureTests {
  private struct Surprise: Error {}

  static let ordinary: [any Error & Sendable] = [
    CancellationError(),
    SocketError(.receive, .connectionReset), SocketError(.send, .brokenPipe),
    SocketError(.receive, .timedOut, cause: .timeout), SocketError(.receive, .timedOut),
    SocketError(.receive, .noData, cause: .endOfStream),
    SocketError(.receive, .canceled, cause: .cancellation), SocketError.closed(.send),
    SocketError.loopStopped(.receive), LoopError(.stopped), LoopError(.cancelled),
    LoopError(.timedOut),
    RelayError(
      side: .first, error: SocketError(.receive, .connectionReset),
      counts: RelayCounts(firstToSecond: 0, secondToFirst: 0)),
  ]

  static let failures: [any Error & Sendable] = [
    Surprise(), Errno.ioError, SocketError(.connect, .connectionRefused),
    SocketError(.receive, .messageTooLong, cause: .tooLong), SocketError.tableFull(.send),
    SocketError.busy(.receive), SocketError(.send, .brokenPipe, cause: .finished),
    SocketError(.send, .noData, cause: .file), LoopError(.wrongThread),
    SocketError(.receive, .resourceTemporarilyUnavailable),
    RelayError(
      side: .second, error: SocketError.tableFull(.send),
      counts: RelayCounts(firstToSecond: 0, secondToFirst: 0)),
  ]

  @Test("Ordinary ends are told from failures")
  func kinds() {
    for error in Self.ordinary { #expect(BodyFailure.isOrdinary(error), "\(error)") }
    for error in Self.failures { #expect(!BodyFailure.isOrdinary(error), "\(error)") }
  }

  /// Throws a failure, for a client that says nothing an ordinary end.
  @Sendable private static func fail(_ connection: StreamConnection) async throws {
    let byte = try await connection.receive(atMost: 1)
    guard !byte.isEmpty else { throw SocketError(.receive, .noData, cause: .endOfStream) }
    throw SocketError(.connect, .connectionRefused)
  }

  @Test("Failures are counted, whether somebody is told or not", arguments: [false, true])
  func counted(isTold: Bool) async throws {
    let group = try CompletionLoopGroup(count: 1)
    let told = Tally()
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let serving = Task { () async throws -> Void in
      if isTold {
        try await listener.serve(onError: { _, _ in told.add() }, Self.fail)
      } else {
        try await listener.serve(Self.fail)
      }
    }
    for isFailure in [true, false, true] {
      let client = try await StreamConnection.connect(to: listener.localAddress, on: group.next())
      if isFailure { try await client.send([1]) }
      try await client.finishSending()
      #expect(try await client.receiveAll() == [])
      await client.close()
    }
    await listener.close()
    try await serving.value
    let counts = await group.loops[0].snapshot().counts
    #expect(counts.bodyFailures == 2)
    #expect(told.value == (isTold ? 3 : 0))
    await group.close()
  }

  /// Serves two connections whose bodies throw, in the process of an exit test.
  @Sendable private static func serveTwice(
    throwing error: any Error & Sendable,
    onError: (@Sendable (StreamConnection, any Error) -> Void)? = nil
  ) async throws {
    let group = try CompletionLoopGroup(count: 1)
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let serving = Task { () async throws -> Void in
      try await listener.serve(onError: onError) { _ async throws in throw error }
    }
    for _ in 0..<2 {
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0])
      _ = await failure { () async throws(SocketError) in try await client.receiveAll() }
      await client.close()
    }
    await listener.close()
    try await serving.value
    await group.close()
  }

  /// Lines of this library on a process's standard error.
  private static func notices(_ result: ExitTest.Result?) throws -> [Substring] {
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    return text.split(separator: "\n").filter { $0.contains("the body of a connection") }
  }

  @Test("The first failure that nobody would hear of is told on standard error")
  func noticed() async throws {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardErrorContent]
    ) {
      try await Self.serveTwice(throwing: Surprise())
    }
    let lines = try Self.notices(result)
    #expect(lines.count == 1)
    for part in ["127.0.0.1:", "Surprise", "onError"] {
      #expect(lines.first?.contains(part) == true, "\(lines)")
    }
  }

  @Test("Ordinary ends, and failures that somebody is told of, are not")
  func notNoticed() async throws {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardErrorContent]
    ) {
      try await Self.serveTwice(throwing: CancellationError())
      try await Self.serveTwice(throwing: Surprise()) { _, _ in }
    }
    #expect(try Self.notices(result).isEmpty)
  }
}
