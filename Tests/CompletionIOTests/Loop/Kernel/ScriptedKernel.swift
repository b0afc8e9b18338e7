// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// A kernel whose clock and answers belong to a test.
///
/// A request is answered from the script of its operation, or else stays pending until the test
/// completes it. Cancels find their target as the real kernel does, and both complete.
final class ScriptedKernel: Kernel {
  /// A request that the kernel has taken.
  struct Submission {
    var request: Request
    var token: Token
    /// When, in virtual nanoseconds.
    var time: UInt64
  }

  /// An answer in the script.
  struct Reply {
    var result: Int32
    var hasMore = false
    var takesBuffer = false
  }

  // The clock.
  var now: UInt64 = 1_000_000
  /// What happens at which time, earliest first.
  var events: [(time: UInt64, action: (ScriptedKernel) -> Void)] = []

  // The queues.
  var submissionLimit = 64
  /// How many requests an enter takes at most.
  var takeLimit = Int.max
  private(set) var prepared: [(request: Request, token: Token)] = []
  var pending: [Submission] = []
  var completions: [Completion] = []

  // The script.
  var script: [Uring.Operation: [Reply]] = [:]
  var enterErrors: [Errno] = []
  var connectResults: [Int32] = []
  var pendingErrors: [Int32] = []
  var targetCompletesBeforeCancel = false
  /// Told of each request; answers it if it wants to.
  var observer: ((ScriptedKernel, Submission) -> Reply?)?
  /// Called when a connect is made by a system call.
  var whenConnecting: ((ScriptedKernel) -> Void)?

  // The record.
  private(set) var submissions: [Submission] = []
  private(set) var closed: [Descriptor] = []
  private(set) var shutdowns: [Descriptor] = []
  private(set) var connects: [Request] = []
  private(set) var enterCount = 0
  private(set) var waits: [Duration?] = []
  private(set) var errorReads = 0
  /// Waits that nothing would ever have ended.
  private(set) var endlessWaits = 0

  /// Buffers that the kernel has, in the order of their return.
  private(set) var buffers: [UInt16] = []

  var preparedCount: Int { prepared.count }
  var hasOverflow: Bool { false }

  func prepare(_ request: Request, token: Token) -> Bool {
    guard prepared.count < submissionLimit else { return false }
    prepared.append((request, token))
    return true
  }

  func prepare(
    _ request: Request, token: Token, timeout: Duration, timeoutToken: Token
  ) -> Bool {
    guard prepared.count + 2 <= submissionLimit else { return false }
    prepared += [(request, token), (.linkTimeout(after: timeout), timeoutToken)]
    return true
  }

  func enter(
    minimumCompletionCount: Int, timeout: Duration?, minimumWait: Duration?
  ) throws(Errno) -> Int {
    enterCount += 1
    now += 100
    if !enterErrors.isEmpty { throw enterErrors.removeFirst() }
    let taken = Array(prepared.prefix(takeLimit))
    prepared.removeFirst(taken.count)
    for (request, token) in taken {
      take(Submission(request: request, token: token, time: now))
    }
    runEvents()
    // A kernel that has taken only a part does not wait.
    if minimumCompletionCount > 0, prepared.isEmpty { wait(atMost: timeout) }
    return taken.count
  }

  func reap(into batch: UnsafeMutableBufferPointer<Completion>) -> Int {
    let count = min(batch.count, completions.count)
    for index in 0..<count { unsafe batch[index] = completions[index] }
    completions.removeFirst(count)
    return count
  }

  func provide(from pool: BufferPool) {
    pool.takeReturned { buffers.append($0) }
  }

  func shutdown(_ descriptor: Descriptor, direction: Int32) -> Int32 {
    shutdowns.append(descriptor)
    return 0
  }

  func connectWithoutWaiting(_ request: Request) -> Int32 {
    connects.append(request)
    whenConnecting?(self)
    return connectResults.isEmpty ? -Errno.nowInProgress.rawValue : connectResults.removeFirst()
  }

  func pendingError(of descriptor: Descriptor) -> Int32 {
    errorReads += 1
    return pendingErrors.isEmpty ? 0 : pendingErrors.removeFirst()
  }

  func pause(for duration: Duration) {
    now += UInt64(duration.clampedNanoseconds)
    runEvents()
  }

  /// Forgets the buffers, as if receives had taken them.
  func loseBuffers() { buffers.removeAll() }

  private func take(_ submission: Submission) {
    submissions.append(submission)
    let operation = submission.request.operation
    if let reply = observer?(self, submission) { return answer(submission, reply) }
    if script[operation]?.isEmpty == false, let reply = script[operation]?.removeFirst() {
      return answer(submission, reply)
    }
    switch operation {
    case .cancel: cancel(submission)
    case .close:
      closed.append(submission.request.descriptor)
      post(submission.token, Reply(result: 0))
    default: pending.append(submission)
    }
  }

  private func wait(atMost timeout: Duration?) {
    waits.append(timeout)
    let limit = timeout.map { now + UInt64($0.clampedNanoseconds) }
    while completions.isEmpty {
      if let next = events.first?.time, next <= limit ?? .max {
        now = max(now, next)
        runEvents()
      } else if let limit {
        return now = max(now, limit)
      } else {
        endlessWaits += 1
        precondition(endlessWaits < 10_000, "the loop waits for what never comes")
        return
      }
    }
  }

  private func runEvents() {
    while let first = events.first, first.time <= now {
      events.removeFirst()
      first.action(self)
    }
  }

  func answer(_ submission: Submission, _ reply: Reply) {
    if reply.hasMore, !pending.contains(where: { $0.token == submission.token }) {
      pending.append(submission)
    }
    if !reply.hasMore { pending.removeAll { $0.token == submission.token } }
    post(submission.token, reply)
  }

  func post(_ token: Token, _ reply: Reply) {
    var flags: Completion.Flags = reply.hasMore ? .more : []
    if reply.takesBuffer, !buffers.isEmpty {
      flags.formUnion(.buffer)
      flags.rawValue |= UInt32(buffers.removeFirst()) << 16
    }
    completions.append(Completion(token: token, result: reply.result, flags: flags))
  }
}
