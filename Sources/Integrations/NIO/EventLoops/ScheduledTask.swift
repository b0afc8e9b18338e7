// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
internal import NIOCore

/// A task that an event loop runs at an instant, unless it is cancelled before.
final class ScheduledTask: OperationDelegate, @unchecked Sendable {
  // Unchecked: what changes is used on the loop's thread only.

  private enum State {
    case fresh
    case running(TimerToken)
    case over
  }

  private var state = State.fresh
  private var run: (() -> Void)?
  private var failure: ((any Error) -> Void)?

  /// - Parameters:
  ///   - loop: The loop whose clock it follows.
  ///   - run: Called when the instant has come.
  ///   - fail: Called instead if the loop stops before.
  init(
    on loop: CompletionLoop, run: @escaping () -> Void, fail: @escaping (any Error) -> Void
  ) {
    self.run = run
    failure = fail
    super.init(on: loop)
  }

  func start(at deadline: NIODeadline) {
    guard case .fresh = state else { return }
    do throws(LoopError) {
      let instant = LoopInstant(nanoseconds: deadline.uptimeNanoseconds)
      state = .running(try startTimer(at: instant))
    } catch {
      end()?.fail(EventLoopError.shutdown)
    }
  }

  /// Ends the task without a word.
  func cancel() { _ = stopTimer() }

  /// Ends the task and tells it why.
  func fail(_ error: any Error) { stopTimer()?.fail(error) }

  private func stopTimer() -> (run: () -> Void, fail: (any Error) -> Void)? {
    if case .running(let timer) = state { _ = try? cancelTimer(timer) }
    return end()
  }

  override func timerEnded(context: UInt, isDue: Bool) {
    guard let (run, fail) = end() else { return }
    if isDue { run() } else { fail(EventLoopError.shutdown) }
  }

  /// Lets go what is not called any more.
  private func end() -> (run: () -> Void, fail: (any Error) -> Void)? {
    state = .over
    guard let run = run.take(), let fail = failure.take() else { return nil }
    return (run, fail)
  }
}
#endif
