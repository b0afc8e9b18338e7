// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import CompletionTestSupport
import TestSupport
import Testing
import Uring

/// A close returned before its descriptor was free: at the limit the next connect failed with
/// EMFILE.
///
/// In processes of their own, because the limit belongs to the process.
@Suite("A closed connection's descriptor", .serialized, .timeLimit(.minutes(3)))
struct FreeDescriptorTests {
  @Test("is free for the next connect, from anywhere")
  func fromAnywhere() async {
    await #expect(processExitsWith: .success) {
      let group = try CompletionLoopGroup(count: 1)
      let listener = try PlainSocket.listening(backlog: 4096)
      let address = try listener.localAddress
      try await limitDescriptors(toAdditional: 1)
      try await Self.connectAndClose(address, on: group)
      await group.close()
    }
  }

  @Test("is free for the next connect, from a task on the loop")
  func onTheLoop() async {
    await #expect(processExitsWith: .success) {
      let group = try CompletionLoopGroup(count: 1)
      let listener = try PlainSocket.listening(backlog: 4096)
      let address = try listener.localAddress
      try await limitDescriptors(toAdditional: 1)
      try await Task(executorPreference: group.loops[0]) {
        try await Self.connectAndClose(address, on: group)
      }.value
      await group.close()
    }
  }

  @Test("is free when the handler's closed is called")
  func withHandlers() async {
    await #expect(processExitsWith: .success) {
      let group = try CompletionLoopGroup(count: 1)
      let listener = try PlainSocket.listening(backlog: 4096)
      let address = try listener.localAddress
      try await limitDescriptors(toAdditional: 1)
      let isOver = Event()
      group.loops[0].perform { Self.connect(to: address, on: group.loops[0], 200, isOver) }
      await isOver.wait()
      await group.close()
    }
  }

  private static func connectAndClose(
    _ address: SocketAddress, on group: CompletionLoopGroup
  ) async throws {
    for _ in 0..<200 {
      let connection = try await StreamConnection.connect(to: address, on: group.loops[0])
      await connection.close()
    }
  }

  /// Connects, closes, and begins again in the call of `closed`, so many times.
  private static func connect(
    to address: SocketAddress, on loop: CompletionLoop, _ count: Int, _ isOver: Event
  ) {
    guard count > 0 else { return isOver.happen() }
    SocketStream.connect(to: address, on: loop) { result in
      guard let stream = try? result.get() else { fatalError("\(result)") }
      stream.start(
        StreamHandler(
          received: { _, _ in }, ended: { _, _ in },
          closed: { _ in connect(to: address, on: loop, count - 1, isOver) }))
      stream.close()
    }
  }
}
