// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// A loop on its caller's thread, without a task and without a thread of its own.
@Suite("A hosted loop", .timeLimit(.minutes(3)))
struct HostedLoopTests {
  @Test("Accepts, connects, echoes with contexts, half-closes and closes, turn by turn")
  func echo() throws {
    let hosted = try HostedLoop()
    let loop = hosted.loop
    let events = Mutex<[String]>([])
    let note = { @Sendable (event: String) in events.withLock { $0.append(event) } }
    let listener = try StreamListener.bind(to: .loopback(port: 0), on: loop)
    try listener.handle(
      StreamHandler(
        received: { stream, lease in stream.enqueue(lease, context: 7) },
        ended: { stream, error in
          note("server ended \(error == nil)")
          stream.close()
        },
        sent: { _, completion in note("sent \(completion.byteCount) of \(completion.context)") },
        closed: { _ in note("server closed") }))
    let client = StreamHandler(
      received: { stream, lease in
        note("received \(lease.byteCount)")
        stream.finishSending()
      },
      ended: { stream, error in
        note("client ended \(error == nil)")
        stream.close()
      },
      closed: { _ in note("client closed") })
    SocketStream.connect(to: listener.localAddress, on: loop) { result in
      guard case .success(let stream) = result else { return note("\(result)") }
      note("connected \(stream.peerAddress == listener.localAddress)")
      stream.start(client)
      let bytes: [UInt8] = [1, 2, 3]
      unsafe stream.enqueue(copying: bytes.span.bytes)
    }
    while events.withLock({ !$0.contains("client closed") || !$0.contains("server closed") }) {
      try hosted.turn(waitingAtMost: .seconds(1))
    }
    #expect(
      events.withLock { Set($0) } == [
        "connected true", "sent 3 of 7", "received 3", "server ended true", "client ended true",
        "server closed", "client closed",
      ])
    hosted.close()
    #expect(throws: LoopError(.stopped)) { try hosted.turn(waitingAtMost: .zero) }
  }

  @Test("Another thread may not turn it, but may have work done on it")
  func otherThread() throws {
    let done = Atomic<Bool>(false)
    let refused = Atomic<Bool>(false)
    let hosted = try HostedLoop()
    let loop = hosted.loop
    let shared = Unshared(hosted)
    let thread = try TestThread {
      do throws(LoopError) {
        try shared.value.turn(waitingAtMost: .zero)
      } catch {
        refused.store(error.reason == .wrongThread, ordering: .relaxed)
      }
      loop.perform { done.store(true, ordering: .relaxed) }
    }
    while !done.load(ordering: .relaxed) { try hosted.turn(waitingAtMost: .milliseconds(10)) }
    thread.join()
    let wasRefused = refused.load(ordering: .relaxed)
    #expect(wasRefused)
    hosted.close()
  }

  /// Hands a value that is not Sendable to the test's own thread.
  private struct Unshared: @unchecked Sendable {
    let value: HostedLoop

    init(_ value: HostedLoop) { self.value = value }
  }

  @Test("Timers of a framework end in order")
  func timers() throws {
    let hosted = try HostedLoop()
    let order = Mutex<[Int]>([])
    let second = LoopTimer(on: hosted.loop) { order.withLock { $0.append(2) } }
    let first = LoopTimer(on: hosted.loop) { order.withLock { $0.append(1) } }
    let never = LoopTimer(on: hosted.loop) { order.withLock { $0.append(3) } }
    second.start(.milliseconds(4))
    first.start(.milliseconds(2))
    never.start(.milliseconds(1))
    never.cancel()
    while order.withLock({ $0.count }) < 2 { try hosted.turn(waitingAtMost: nil) }
    #expect(order.withLock { $0 } == [1, 2])
    hosted.close()
  }
}
