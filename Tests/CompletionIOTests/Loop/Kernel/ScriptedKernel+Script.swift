// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

// What tests say to a scripted kernel.
extension ScriptedKernel {
  /// Answers the next requests of an operation, one result each.
  func reply(to operation: Uring.Operation, _ results: Int32...) {
    script[operation, default: []] += results.map { Reply(result: $0) }
  }

  /// Answers the next request of an operation with an error.
  func refuse(_ operation: Uring.Operation, _ errors: Errno...) {
    script[operation, default: []] += errors.map { Reply(result: -$0.rawValue) }
  }

  /// Completes the oldest pending request of an operation.
  func complete(
    _ operation: Uring.Operation, _ result: Int32, hasMore: Bool = false,
    takesBuffer: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let submission = try #require(
      pending.first { $0.request.operation == operation },
      "no \(operation) is pending", sourceLocation: sourceLocation)
    answer(
      submission, Reply(result: result, hasMore: hasMore, takesBuffer: takesBuffer))
  }

  /// Completes the oldest pending request of an operation with an error.
  func fail(
    _ operation: Uring.Operation, _ error: Errno, takesBuffer: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try complete(
      operation, -error.rawValue, takesBuffer: takesBuffer, sourceLocation: sourceLocation)
  }

  /// Has something happen after a while, in virtual time.
  func after(_ duration: Duration, _ action: @escaping (ScriptedKernel) -> Void) {
    let time = now + UInt64(duration.clampedNanoseconds)
    let index = events.firstIndex { $0.time > time } ?? events.count
    events.insert((time, action), at: index)
  }

  /// Requests of an operation that the kernel has taken so far.
  func submissions(of operation: Uring.Operation) -> [Submission] {
    submissions.filter { $0.request.operation == operation }
  }

  /// Pending requests of an operation.
  func pendingCount(of operation: Uring.Operation) -> Int {
    pending.count { $0.request.operation == operation }
  }

  /// A cancel and its target both complete; the cancel's own completion comes first on Linux 6.18.
  func cancel(_ submission: Submission) {
    let target = Token(rawValue: submission.request.operand)
    guard let index = pending.firstIndex(where: { $0.token == target }) else {
      return post(submission.token, Reply(result: -Errno.noSuchFileOrDirectory.rawValue))
    }
    let ended = pending.remove(at: index)
    let end = Reply(result: -Errno.canceled.rawValue)
    if targetCompletesBeforeCancel {
      post(ended.token, end)
      post(submission.token, Reply(result: 0))
    } else {
      post(submission.token, Reply(result: 0))
      post(ended.token, end)
    }
  }
}
