// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// The one way in which a task waits: it opens a wait, suspends, is resumed, and takes the result.
// A continuation carries no data.
extension CompletionLoop {
  /// Opens a wait for a member; on the loop's thread.
  @inline(__always)
  func openWait(for target: OperationOwner?, timeout: Duration?) -> WaitID {
    assert(isCurrent, "waits are opened on the loop's thread")
    let id = core.waits.open(for: target)
    if let timeout {
      core.waits[id].hasDeadline = true
      core.freshTimeouts.append(
        LoopCore.FreshTimeout(
          subject: .wait(id), nanoseconds: UInt64(timeout.clampedNanoseconds)))
    }
    return id
  }

  /// Opens a wait for a member that ends at an instant; on the loop's thread.
  func openWait(for target: OperationOwner?, until instant: LoopInstant) -> WaitID {
    let id = openWait(for: target, timeout: nil)
    core.waits[id].hasDeadline = true
    core.freshTimeouts.append(
      LoopCore.FreshTimeout(
        subject: .wait(id), nanoseconds: instant.nanoseconds, isInstant: true))
    return id
  }

  /// Ends a wait: its task goes on in the loop's next round.
  func finish(_ id: WaitID, _ result: WaitResult = WaitResult()) {
    guard core.waits.isOpen(id) else { return }
    core.waits[id].state = .finished
    core.waits[id].result = result
    if core.waits[id].hasDeadline {
      core.waits[id].hasDeadline = false
      core.timers.remove(.wait(Int(id.slot)))
    }
    if let job = core.waits[id].job.take() {
      // A wait is finished on the loop's thread.
      if hasEnded { add(job, isSerial: false) } else { jobs.append(Job(job: job, isSerial: false)) }
    } else if let continuation = unsafe core.waits[id].continuation.take() {
      unsafe continuation.resume()
    }
  }

  /// Asks for the end of a wait, which comes at once or when the kernel has given back what the
  /// wait's operation uses.
  func cancel(_ id: WaitID, because cause: WaitEnd) {
    guard core.waits.isOpen(id) else { return }
    guard let target = unsafe core.waits[id].target else {
      return finish(id, WaitResult(code: -Errno.canceled.rawValue, reason: cause.rawValue))
    }
    // With a reference, because the end of a wait may be the end of what the registry keeps.
    unsafe target.takeUnretainedValue().cancel(id, because: cause)
  }

  /// Takes the result of a wait that is over.
  @inline(__always)
  func take(_ id: WaitID) -> WaitResult {
    assert(isCurrent, "results are taken on the loop's thread")
    return core.waits.close(id)
  }

  /// Ends a wait that no task is suspended for: a timer, a deadline.
  func discard(_ id: WaitID) {
    finish(id)
    _ = take(id)
  }

  /// Suspends the calling task until a wait is over; on the loop's thread.
  ///
  /// A cancellation of the task ends the wait, and so does its deadline.
  @inline(never)
  nonisolated(nonsending) func suspend(for id: WaitID) async {
    limitByDeadline(id)
    await withTaskCancellationHandler {
      unsafe await withUnsafeContinuation { continuation in
        // The body of a continuation may run on another executor than its function.
        perform { unsafe self.resume(continuation, after: id) }
      }
    } onCancel: {
      perform { self.cancel(id, because: .cancelled) }
    }
  }

  /// Suspends the calling task until the loop's next turn, when the kernel's answers have been read.
  nonisolated(nonsending) func passTurn() async {
    unsafe await withUnsafeContinuation { continuation in
      performLater { unsafe continuation.resume() }
    }
  }

  private func resume(_ continuation: UnsafeContinuation<Void, Never>, after id: WaitID) {
    guard core.waits[id].state == .open else { return unsafe continuation.resume() }
    unsafe core.waits[id].continuation = unsafe continuation
  }

  /// Says that the running task is about to park until a wait is over.
  @inline(__always)
  func prepareToPark(_ wait: WaitID) {
    parking.prepare(wait, on: self)
  }

  /// Keeps a parked task's job until a wait is over.
  func park(_ job: UnownedJob, until id: WaitID) {
    guard core.waits[id].state == .open else {
      return add(job, isSerial: false)
    }
    core.waits[id].job = job
  }
}
