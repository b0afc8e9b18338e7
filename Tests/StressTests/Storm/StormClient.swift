// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Uring

/// One client of a storm: connects again and again, does something, and leaves in some way.
struct StormClient: Sendable {
  let plan: StormPlan
  let index: Int
  let address: SocketAddress
  let loop: CompletionLoop
  let record: StormRecord

  /// Whether the connection can still be used after something was done.
  private enum Next {
    case goOn, leave
  }

  func run() async {
    var numbers = SeededNumbers(seed: plan.seed &* 1000 &+ UInt64(index))
    while !record.isOver {
      do throws(SocketError) {
        try await visit(&numbers)
      } catch {
        record.note(error)
        if error.cause == .loopStopped { return }
        // Refused for want of a server, or of a descriptor: others may be getting on.
        await Task.yield()
      }
    }
  }

  private func visit(_ numbers: inout SeededNumbers) async throws(SocketError) {
    let timeout: Duration? = numbers.chance(1, outOf: 8) ? .microseconds(300) : nil
    let connection = try await StreamConnection.connect(
      to: address, on: loop, timeout: timeout, options: plan.options)
    var next = Next.goOn
    while next == .goOn, !record.isOver {
      record.countAction()
      next = try await act(on: connection, &numbers)
    }
  }

  private func act(
    on connection: StreamConnection, _ numbers: inout SeededNumbers
  ) async throws(SocketError) -> Next {
    let byteCount = 1 << Int.random(in: 0...16, using: &numbers)
    let patience = Int.random(in: 0...40, using: &numbers)
    switch Int.random(in: 0..<13, using: &numbers) {
    case 0...4:
      return try await exchange(byteCount, on: connection)
    case 5:
      return try await receiveWithDeadline(on: connection)
    case 6, 7:
      await cancel(after: patience) { _ = try? await connection.exchange(byteCount) }
      return .leave
    case 8:
      connection.abort()
      return .leave
    case 9:
      await connection.close()
      return .leave
    case 10:
      try await connection.finishSending()
      if try await connection.receive() != nil { record.violation("bytes from nowhere") }
      return .leave
    case 11:
      return try await sendWithDeadline(on: connection)
    default:
      await cancel(after: patience) { try? await loop.sleep(for: .seconds(3600)) }
      return numbers.chance(1, outOf: 2) ? .goOn : .leave
    }
  }

  /// Sends and gets it back: whole, or the beginning of it when the server is ending.
  private func exchange(
    _ byteCount: Int, on connection: StreamConnection
  ) async throws(SocketError) -> Next {
    let message = numbered(byteCount, from: index)
    let sending = attempt { () async throws(SocketError) in try await connection.send(message) }
    var back: [UInt8] = []
    let receiveError = await failure { () async throws(SocketError) in
      back = try await connection.receive(atMost: byteCount)
    }
    // A receive that has failed leaves the send alone with a server that waits for its reader.
    if receiveError != nil { connection.abort() }
    if back.count < byteCount { connection.abort() }
    let sendError = await sending.value
    if back != Array(message.prefix(back.count)) { record.violation("wrong bytes") }
    if let error = receiveError ?? sendError { throw error }
    return back.count == byteCount ? .goOn : .leave
  }

  private func receiveWithDeadline(
    on connection: StreamConnection
  ) async throws(SocketError) -> Next {
    do throws(SocketError) {
      guard try await connection.receive(timeout: .microseconds(200)) != nil else { return .leave }
      record.violation("bytes from nowhere")
    } catch {
      guard error.cause == .timeout else { throw error }
    }
    return .goOn
  }

  /// Too much for the time: the error tells how much of it went out.
  private func sendWithDeadline(on connection: StreamConnection) async throws(SocketError) -> Next {
    let message = numbered(4 << 20)
    do throws(SocketError) {
      try await connection.send(message, timeout: .microseconds(500))
    } catch {
      if error.byteCount < 0 || error.byteCount > message.count {
        record.violation("\(error.byteCount) bytes of \(message.count) went out")
      }
      guard error.cause == .timeout else { throw error }
      record.note(error)
    }
    return .leave
  }

  /// Starts something and cancels it after so many turns of this task.
  private func cancel(after patience: Int, _ body: @escaping @Sendable () async -> Void) async {
    let task = Task { await body() }
    for _ in 0..<patience { await Task.yield() }
    task.cancel()
    await task.value
  }
}

/// What happened in a storm.
final class StormRecord: Sendable {
  private struct State {
    var actionCount = 0
    var isOver = false
    var violations: [String] = []
    var errorCounts: [Errno: Int] = [:]
  }

  private let state = Mutex(State())
  private let limit: Int
  /// Happens when enough has been done.
  let isRipe = Event()

  init(limit: Int) {
    self.limit = limit
  }

  var isOver: Bool { state.withLock { $0.isOver } }
  var violations: [String] { state.withLock { $0.violations } }

  func end() {
    state.withLock { $0.isOver = true }
  }

  func countAction() {
    let count = state.withLock { state in
      state.actionCount += 1
      return state.actionCount
    }
    if count == limit { isRipe.happen() }
  }

  func violation(_ text: String) {
    state.withLock { $0.violations.append(text) }
  }

  /// Errors that a storm brings; any other is a violation.
  func note(_ error: SocketError) {
    let expected: Set<Errno> = [
      .connectionReset, .brokenPipe, .connectionRefused, .timedOut, .canceled, .socketShutdown,
      .noBufferSpace, .badFileDescriptor, .socketNotConnected,
    ]
    state.withLock { state in
      state.errorCounts[error.errno, default: 0] += 1
      if !expected.contains(error.errno) { state.violations.append("\(error)") }
    }
  }
}
