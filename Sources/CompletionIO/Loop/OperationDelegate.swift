// SPDX-License-Identifier: Apache-2.0

public import Uring

/// Is notified of the answers to operations, of turns and of timers, on its loop's thread.
///
/// An object with state of its own, for authors of frameworks: a subclass for each kind of socket, an
/// object for each socket, and no closure that must keep it alive. A flight retains its delegate
/// until the last answer, a timer until its end, and a turn that was asked for until it was taken.
/// ``join()`` has the loop keep it for longer, and tell it that the loop stops.
open class OperationDelegate: OperationOwner {
  /// The loop whose thread the delegate is used on.
  public final let loop: CompletionLoop
  /// The loop's turn in which the delegate has taken its last one.
  final var lastTurn = UInt64.max
  /// Whether the delegate waits for its turn.
  final var awaitsTurn = false

  /// Makes a delegate.
  ///
  /// - Parameter loop: The loop of its operations, turns and timers.
  public init(on loop: CompletionLoop) {
    self.loop = loop
  }

  override var isPartOfLibrary: Bool { false }

  /// Notified of an answer to an operation that was submitted with this delegate.
  ///
  /// - Parameters:
  ///   - outcome: The answer; without ``Outcome/hasMore`` the last one.
  ///   - lease: The buffer of the loop's pool that the kernel has received into, if any; it goes back
  ///     unless it is kept.
  open override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {}

  /// Notified, before the loop submits, that all answers of the last turn have been told
  /// (``enlist()``).
  ///
  /// What is submitted here goes to the kernel with the turn's other requests.
  open override func beforeSubmit() {}

  /// Notified of the end of a timer (``startTimer(at:context:)``).
  ///
  /// - Parameters:
  ///   - context: The word that the timer was started with.
  ///   - isDue: Whether its instant has come; if not, the loop stops before.
  open func timerEnded(context: UInt, isDue: Bool) {}

  /// Notified once that the loop stops, if the delegate has joined it.
  ///
  /// Every operation is cancelled behind this, and what is submitted from now on is refused.
  open override func stop() {}

  override func cancel(_ wait: WaitID, because cause: WaitEnd) {
    endTimer(wait, isDue: cause == .timedOut)
  }
}

// What delegates ask of their loop.
extension OperationDelegate {
  /// Has the loop keep the delegate, and notify it when the loop stops.
  ///
  /// It is kept until ``leave()``, or until the loop's end. A second call does nothing.
  ///
  /// - Throws: ``LoopError`` when the loop is stopping, and when the call comes from another thread.
  public final func join() throws(LoopError) {
    guard loop.isCurrent else { throw LoopError(.wrongThread) }
    guard !loop.isStopping else { throw LoopError(.stopped) }
    if registryIndex < 0 { loop.registry.add(self) }
  }

  /// Has the loop let the delegate go, if it keeps it.
  ///
  /// - Throws: ``LoopError`` when the call comes from another thread.
  public final func leave() throws(LoopError) {
    guard loop.isCurrent else { throw LoopError(.wrongThread) }
    loop.registry.remove(self)
  }

  /// Has the loop call ``beforeSubmit()`` once, when all answers that are there have been told, and
  /// before it submits.
  ///
  /// A delegate takes one turn in each turn of the loop, so that one that asks again and again keeps
  /// nobody waiting: what it asks for within its turn comes in the loop's next one, before which the
  /// loop does not sleep. Costs no request. A second call before the turn does nothing.
  ///
  /// - Throws: ``LoopError`` when the loop has ended, and when the call comes from another thread.
  public final func enlist() throws(LoopError) {
    guard loop.isCurrent else { throw LoopError(.wrongThread) }
    guard !loop.hasEnded else { throw LoopError(.stopped) }
    guard !awaitsTurn else { return }
    awaitsTurn = true
    loop.core.turnTakers.append(self)
  }

  /// Starts a timer that ends at an instant; ``timerEnded(context:isDue:)`` tells so.
  ///
  /// It costs the kernel nothing: the loop's next wait ends in time.
  ///
  /// - Parameters:
  ///   - instant: When it ends; one that has passed ends it in the next turn.
  ///   - context: A word of the caller's, which comes back.
  /// - Returns: Identifies the timer for ``cancelTimer(_:)``.
  /// - Throws: ``LoopError`` when the loop is stopping, and when the call comes from another thread.
  /// - Complexity: O(1), however many timers there are.
  public final func startTimer(
    at instant: LoopInstant, context: UInt = 0
  ) throws(LoopError) -> TimerToken {
    guard loop.isCurrent else { throw LoopError(.wrongThread) }
    guard !loop.isStopping else { throw LoopError(.stopped) }
    let wait = loop.openWait(for: self, until: instant)
    // The place of a result is free until the wait has ended.
    loop.core.waits[wait].result.byteCount = Int(bitPattern: context)
    _ = unsafe Unmanaged.passRetained(self)
    return TimerToken(wait: wait)
  }

  /// Cancels a timer, of whose end nobody is notified then.
  ///
  /// - Parameter timer: One that has ended is ignored.
  /// - Returns: The timer's context; `nil` if it had ended.
  /// - Throws: ``LoopError`` when the call comes from another thread.
  /// - Complexity: O(1)
  @discardableResult
  public final func cancelTimer(_ timer: TimerToken) throws(LoopError) -> UInt? {
    guard loop.isCurrent else { throw LoopError(.wrongThread) }
    guard loop.core.waits.isOpen(timer.wait) else { return nil }
    return takeContext(of: timer.wait)
  }

  /// Ends a timer's wait, and with it the timer's reference to the delegate.
  private func takeContext(of wait: WaitID) -> UInt {
    let context = UInt(bitPattern: loop.core.waits[wait].result.byteCount)
    loop.discard(wait)
    unsafe Unmanaged.passUnretained(self).release()
    return context
  }

  /// The loop has a reference for the time of the call.
  fileprivate func endTimer(_ wait: WaitID, isDue: Bool) {
    timerEnded(context: takeContext(of: wait), isDue: isDue)
  }
}

/// Identifies a timer of a delegate (``OperationDelegate/startTimer(at:context:)``).
public struct TimerToken: Hashable, Sendable {
  let wait: WaitID
}

extension CompletionLoop {
  /// How many turns the loop has begun; what is submitted within one goes to the kernel together.
  public var turnCount: UInt64 { core.statistics.enters }

  /// Answers of the kernel that came in this turn.
  public var answerCountOfTurn: Int { core.answerCountOfTurn }

  /// Gives each delegate that waits its turn; one that has taken it already has it in the next turn.
  func runTurnTakers() {
    var index = 0
    var laterCount = 0
    while index < core.turnTakers.count {
      let delegate = core.turnTakers[index]
      index += 1
      guard delegate.lastTurn != turnCount else {
        core.turnTakers[laterCount] = delegate
        laterCount += 1
        continue
      }
      delegate.lastTurn = turnCount
      delegate.awaitsTurn = false
      delegate.beforeSubmit()
      while !enlisted.isEmpty { notifyFirstEnlisted() }
    }
    core.turnTakers.removeSubrange(laterCount...)
  }
}
