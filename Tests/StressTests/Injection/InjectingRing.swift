// SPDX-License-Identifier: Apache-2.0

import CLiburing
import Synchronization
import SystemPackage
import TestSupport

@testable import CompletionIO
@testable import Uring

/// A real ring that answers some requests wrongly, through the kernel: in place of the request it
/// submits a NOP that completes with the wanted result.
///
/// Everything else is as it would be: the completion queue, the order, the loop, and the real
/// sockets that a resubmission goes to.
struct InjectingRing: ~Copyable, Kernel {
  var ring: Ring
  let plan: InjectionPlan

  mutating func prepare(_ request: Request, token: Token) -> Bool {
    guard let result = plan.answer(to: request) else {
      return ring.prepare(request, token: token)
    }
    let isPrepared = ring.prepareNop(completingWith: result, token: token)
    if isPrepared { plan.injected(result) }
    return isPrepared
  }

  /// Never answered wrongly: what is linked belongs together.
  mutating func prepare(
    _ request: Request, token: Token, timeout: Duration, timeoutToken: Token
  ) -> Bool {
    ring.prepare(request, token: token, timeout: timeout, timeoutToken: timeoutToken)
  }

  var preparedCount: Int { ring.preparedCount }
  var hasOverflow: Bool { ring.hasOverflow }
  var now: UInt64 { ring.now }

  mutating func enter(
    minimumCompletionCount: Int, timeout: Duration?, minimumWait: Duration?
  ) throws(Errno) -> Int {
    try ring.enter(
      minimumCompletionCount: minimumCompletionCount, timeout: timeout, minimumWait: minimumWait)
  }

  mutating func reap(into batch: UnsafeMutableBufferPointer<Completion>) -> Int {
    unsafe ring.reap(into: batch)
  }

  mutating func provide(from pool: BufferPool) { ring.provide(from: pool) }

  mutating func shutdown(_ descriptor: Descriptor, direction: Int32) -> Int32 {
    ring.shutdown(descriptor, direction: direction)
  }

  mutating func connectWithoutWaiting(_ request: Request) -> Int32 {
    plan.answer(to: request) ?? ring.connectWithoutWaiting(request)
  }

  mutating func pendingError(of descriptor: Descriptor) -> Int32 {
    ring.pendingError(of: descriptor)
  }
}

/// Which requests get a wrong answer.
final class InjectionPlan: Sendable {
  private struct State {
    var queued: [Int32] = []
    var operation = Uring.Operation.nop
    var storm: Storm?
    var count = 0
  }

  /// Wrong answers at random.
  struct Storm {
    var numbers: SeededNumbers
    /// How many of a hundred requests get one.
    var percentage: Int
    var errors: [Uring.Operation: [Errno]]

    fileprivate mutating func answer(to operation: Uring.Operation) -> Int32? {
      guard let errors = errors[operation], numbers.chance(percentage, outOf: 100) else {
        return nil
      }
      return errors.randomElement(using: &numbers).map { -$0.rawValue }
    }
  }

  private let state = Mutex(State())

  /// How many answers were wrong.
  var count: Int { state.withLock { $0.count } }

  /// Answers the next requests of one kind with these results.
  func answer(_ operation: Uring.Operation, with results: [Int32]) {
    state.withLock {
      $0.operation = operation
      $0.queued = results.reversed()
    }
  }

  func begin(_ storm: Storm?) {
    state.withLock { $0.storm = storm }
  }

  fileprivate func answer(to request: Request) -> Int32? {
    state.withLock { state in
      if let next = state.queued.last, request.operation == state.operation { return next }
      return state.storm?.answer(to: request.operation)
    }
  }

  fileprivate func injected(_ result: Int32) {
    state.withLock { state in
      state.count += 1
      if state.queued.last == result { state.queued.removeLast() }
    }
  }
}

extension Ring {
  /// Whether the kernel lets a NOP complete with a result of the caller's (`IORING_NOP_INJECT_RESULT`,
  /// Linux 6.10): found by asking for one.
  static let injectsResults: Bool = {
    guard var ring = try? Ring() else { return false }
    let token = Token(slot: 0, generation: 0, operation: .nop)
    let blank = Completion(token: token, result: 0)
    var batch = [Completion](repeating: blank, count: 1)
    guard ring.prepareNop(completingWith: -Errno.ioError.rawValue, token: token),
      (try? ring.enter(minimumCompletionCount: 1)) == 1
    else { return false }
    let count = unsafe batch.withUnsafeMutableBufferPointer { unsafe ring.reap(into: $0) }
    return count == 1 && batch[0].result == -Errno.ioError.rawValue
  }()

  /// Prepares a NOP whose completion carries a result.
  mutating func prepareNop(completingWith result: Int32, token: Token) -> Bool {
    guard let entry = unsafe curing_get_sqe(cell) else { return false }
    unsafe curing_clear(entry)
    unsafe curing_prep_nop(entry)
    unsafe curing_set_token(entry, token.rawValue)
    unsafe entry.pointee.len = UInt32(bitPattern: result)
    // `nop_flags`, which shares its place with `rw_flags`: IORING_NOP_INJECT_RESULT.
    unsafe entry.pointee.rw_flags = 1
    return true
  }
}
