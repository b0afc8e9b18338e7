// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Networks that are not there, or go away.
///
/// In processes of their own, with a network of their own.
@Suite(
  "Network faults", .serialized,
  .enabled(
    if: IsolatedNetwork.isPermitted, "a network of its own needs CAP_SYS_ADMIN (unshare(2))"),
  .timeLimit(.minutes(3)))
struct NetworkFaultTests {
  @Test("No network, no route, no way: a connect says which")
  func unreachable() async {
    await #expect(processExitsWith: .success) {
      try await onIsolatedLoop { loop in
        try await expectConnect(to: "127.0.0.1:9", on: loop, .networkUnreachable)
        IsolatedNetwork.setLoopback(isUp: true)
        try await expectConnect(to: "127.0.0.1:9", on: loop, .connectionRefused)
        try await expectConnect(to: "192.0.2.1:9", on: loop, .networkUnreachable)
        IsolatedNetwork.addRoute(to: (198, 51), .unreachable)
        try await expectConnect(to: "198.51.100.1:9", on: loop, .noRouteToHost)
        IsolatedNetwork.addRoute(to: (203, 0), .prohibited)
        try await expectConnect(to: "203.0.113.1:9", on: loop, .permissionDenied)
        // The routes stay, and what is sent is lost.
        IsolatedNetwork.setLoopback(isUp: false)
        let error = await failure { () async throws(SocketError) in
          _ = try await StreamConnection.connect(
            to: .loopback(port: 9), on: loop, timeout: .milliseconds(20))
        }
        require(error?.errno == .timedOut && error?.cause == .timeout, "\(error as Any)")
      }
    }
  }

  @Test("A network that goes away under a send: an error, and how much went out")
  func timesOutInMidStream() async {
    await #expect(processExitsWith: .success) {
      try await onIsolatedLoop { loop in
        IsolatedNetwork.setLoopback(isUp: true)
        let listener = try PlainSocket.listening()
        let near = try await StreamConnection.connect(to: listener.localAddress, on: loop)
        let peer = try listener.accept()
        try await near.send(numbered(5000))
        require(firstDifference(try peer.receive(exactly: 5000), numbered(5000)) == nil)
        near.setUserTimeout(milliseconds: 50)
        IsolatedNetwork.setLoopback(isUp: false)
        let error = await failure { () async throws(SocketError) in
          try await near.send(numbered(16 << 20))
        }
        // A send that has moved bytes tells their count, and the error that ended it is lost
        // (io_send): the rest hears EPIPE.
        let expected: Set<Errno?> = [.timedOut, .brokenPipe]
        require(expected.contains(error?.errno), "\(String(describing: error))")
        require(error?.cause == .kernel, "\(String(describing: error))")
        require((error?.byteCount ?? -1) < 16 << 20)
        await near.close()
      }
    }
  }

  @Test("A network that comes back in time costs nothing but time")
  func comesBack() async {
    await #expect(processExitsWith: .success) {
      try await onIsolatedLoop { loop in
        IsolatedNetwork.setLoopback(isUp: true)
        let listener = try PlainSocket.listening()
        let near = try await StreamConnection.connect(to: listener.localAddress, on: loop)
        let peer = try listener.accept()
        IsolatedNetwork.setLoopback(isUp: false)
        // As much as the send buffer takes, so that it is the kernel that tries again.
        try await near.send(numbered(1000))
        IsolatedNetwork.setLoopback(isUp: true)
        require(firstDifference(try peer.receive(exactly: 1000), numbered(1000)) == nil)
        await near.close()
      }
    }
  }

  @Test("A peer that does not answer: the kernel's own ETIMEDOUT")
  func connectTimesOut() async {
    await #expect(processExitsWith: .success) {
      try await onIsolatedLoop { loop in
        IsolatedNetwork.setLoopback(isUp: true)
        // Once its backlog is full, a listener drops what comes.
        let listener = try PlainSocket.listening(backlog: 0)
        var clients = [HeldSocket(try PlainSocket())]
        try clients[0].socket.connect(to: listener.localAddress)
        let late = try PlainSocket()
        late.setUserTimeout(milliseconds: 50)
        let address = try listener.localAddress
        let outcome = try await connectByHand(late, to: address, on: loop)
        require(outcome.error == .timedOut, "\(outcome)")
        require(!outcome.isTimedOut && outcome.attempts == 1, "\(outcome)")
        clients.removeAll()
      }
    }
  }
}

/// Runs a body on a loop whose thread has a network of its own.
private func onIsolatedLoop(
  _ body: @escaping @Sendable (CompletionLoop) async throws -> Void
) async throws {
  let group = try await withCheckedThrowingContinuation { continuation in
    detachThread {
      require(IsolatedNetwork.enter())
      continuation.resume(with: Result { try CompletionLoopGroup(count: 1) })
    }
  }
  let loop = group.loops[0]
  try await Task(executorPreference: loop) { try await body(loop) }.value
  await group.close()
}

private func expectConnect(
  to address: String, on loop: CompletionLoop, _ errno: Errno, line: UInt = #line
) async throws {
  let address = try SocketAddress(parsing: address)
  let error = await failure { () async throws(SocketError) in
    _ = try await StreamConnection.connect(to: address, on: loop)
  }
  require(error?.errno == errno, "\(String(describing: error))", line: line)
  require(error?.cause == .kernel && error?.peer == address, line: line)
}

/// Connects a plain socket through a loop.
private func connectByHand(
  _ socket: borrowing PlainSocket, to address: SocketAddress, on loop: CompletionLoop
) async throws -> Outcome {
  let memory = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 8)
  defer { unsafe memory.deallocate() }
  let byteCount = unsafe address.withSockaddr { pointer, byteCount in
    unsafe memory.copyMemory(from: pointer, byteCount: byteCount)
    return byteCount
  }
  let request = unsafe Request.connect(socket.target, to: memory, byteCount: byteCount)
  return try await withCheckedThrowingContinuation { continuation in
    loop.perform {
      do {
        _ = unsafe try loop.submit(
          request,
          handler: OperationHandler { outcome, _ in continuation.resume(returning: outcome) })
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }
}

extension PlainSocket {
  /// How long sent bytes may go unacknowledged, and a connect unanswered (tcp(7)).
  func setUserTimeout(milliseconds: Int32) {
    setOption(Int32(IPPROTO_TCP), 18, milliseconds)  // TCP_USER_TIMEOUT
  }
}

extension StreamConnection {
  fileprivate func setUserTimeout(milliseconds: Int32) {
    guard let descriptor = stream.descriptor.fileDescriptor else { return }
    var value = milliseconds
    let size = socklen_t(MemoryLayout<Int32>.size)
    _ = unsafe setsockopt(descriptor.rawValue, Int32(IPPROTO_TCP), 18, &value, size)
  }
}
