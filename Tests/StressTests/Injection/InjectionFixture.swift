// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// A loop on an injecting ring, turned by the test on its own thread.
@safe
final class InjectionFixture {
  let loop: CompletionLoop
  let plan = InjectionPlan()
  private var ring: InjectingRing
  private let batch: UnsafeMutableBufferPointer<Completion>

  init() throws {
    var configuration = LoopConfiguration()
    configuration.flightLimit = 64
    configuration.bufferCount = 4
    configuration.bufferSize = 256
    configuration.ring = RingConfiguration(submissionEntryCount: 8, completionEntryCount: 64)
    loop = try CompletionLoop(configuration: configuration.onThisKernel)
    ring = InjectingRing(ring: try Ring(configuration.ring), plan: plan)
    try loop.prepare(&ring.ring)
    unsafe batch = .allocate(capacity: 64)
  }

  deinit {
    unsafe batch.deallocate()
  }

  /// Starts a request and turns until its first answer; then ends it, if it goes on.
  ///
  /// The deadline keeps a turn from waiting for an answer that never comes.
  func firstAnswer(
    to request: Request, policy: ResubmissionPolicy = .completion, facts: Answer.Facts = []
  ) throws -> Outcome {
    var outcomes: [Outcome] = []
    let handler = OperationHandler { outcome, _ in outcomes.append(outcome) }
    var request = request
    if policy.asksNotToWait { request.askNotToWait() }
    let token = try #require(
      loop.begin(
        request, policy: policy, facts: facts, timeout: .seconds(30), owner: handler))
    while outcomes.isEmpty { unsafe loop.turn(on: &ring, batch: batch) }
    loop.cancel(token)
    while outcomes.last?.hasMore == true { unsafe loop.turn(on: &ring, batch: batch) }
    return outcomes[0]
  }

  /// Stops the loop and runs it to its end.
  func stop() {
    loop.stop()
    loop.run(on: &ring)
  }
}

/// Two connected sockets, a listener with connections in its backlog, and what is read of them.
@safe
final class InjectionSockets {
  let listener: PlainSocket
  /// The test's end.
  let near: PlainSocket
  private let far: PlainSocket
  private var waiting: [HeldSocket] = []
  let event: EventDescriptor
  let memory = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 16)

  init() throws {
    listener = try PlainSocket.listening()
    near = try PlainSocket.connected(to: listener.localAddress)
    far = try listener.accept()
    for _ in 0..<2 {
      waiting.append(HeldSocket(try .connected(to: listener.localAddress)))
    }
    far.send([1, 2, 3, 4])
    event = try EventDescriptor()
    event.signal()
  }

  deinit {
    unsafe memory.deallocate()
  }
}
