// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SimulatedKernel
import Synchronization

/// The times that a program waits for, and when each must end: once, never early, not after the
/// turn of its loop that could have ended it, and never once it is cancelled.
final class TimerModel: Sendable {
  private struct Run {
    let ticket: Ledger.Ticket
    let loop: CompletionLoop
    let earliest: LoopInstant
    /// How long it takes from the turn on in which its loop hears of it.
    let duration: Duration
    /// Turns of the loop after which it has heard of it.
    let turnCount: UInt64
    /// When it must have ended; `nil` until its loop has heard of it.
    var latest: LoopInstant?
    /// Whether the program has asked for its end.
    var isCancelled = false
  }

  private struct State {
    var runs: [Int: Run] = [:]
    var lastNumber = 0
  }

  private let ledger: Ledger
  /// What a turn may take, and what a loop waits for memory that a hostile kernel refuses to enters;
  /// `nil` on a machine's own clock, where a thread may have to wait for a processor.
  private let slack: Duration?
  private let state = Mutex(State())

  init(_ scenario: Scenario, in ledger: Ledger) {
    self.ledger = ledger
    let canPause = scenario.faults.probabilities.keys.contains { fault in
      guard case .enter(_) = fault else { return false }
      return true
    }
    slack =
      scenario.hasVirtualTime ? (canPause ? .milliseconds(20) : .microseconds(60)) : nil
  }

  /// A number for something that waits.
  func newNumber() -> Int {
    state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
  }

  /// Something begins to wait, or begins anew.
  ///
  /// - Parameters:
  ///   - number: Identifies it.
  ///   - loop: Whose clock it follows.
  ///   - duration: How long it waits.
  ///   - isElsewhere: Whether it is begun from elsewhere, and comes to the loop's thread later.
  func start(
    _ number: Int, on loop: CompletionLoop, _ duration: Duration, isElsewhere: Bool = false
  ) {
    cancel(number)
    let run = Run(
      ticket: ledger.begin(.timer), loop: loop, earliest: loop.now + duration,
      duration: duration, turnCount: loop.statistics.enters + (isElsewhere ? 3 : 1))
    state.withLock { $0.runs[number] = run }
  }

  /// Something begins to wait for an instant, which may have passed.
  func start(_ number: Int, on loop: CompletionLoop, at instant: LoopInstant) {
    cancel(number)
    var run = Run(
      ticket: ledger.begin(.timer), loop: loop, earliest: instant, duration: .zero, turnCount: 0)
    run.latest = max(instant, loop.now)
    state.withLock { $0.runs[number] = run }
  }

  /// Something has ended because its time had come.
  func end(_ number: Int) {
    guard let run = state.withLock({ $0.runs.removeValue(forKey: number) }) else {
      return ledger.violation("timer \(number) ended, and does not run")
    }
    ledger.end(run.ticket, 1)
    let now = run.loop.now
    if now < run.earliest {
      ledger.violation("timer \(number) ended \(now.duration(to: run.earliest)) early")
    }
    if let latest = run.latest, let slack, latest + slack < now {
      ledger.violation("timer \(number) ended \(latest.duration(to: now)) late")
    }
  }

  /// Something does not wait any more, and must not end.
  func cancel(_ number: Int) {
    if let run = state.withLock({ $0.runs.removeValue(forKey: number) }) { ledger.end(run.ticket) }
  }

  /// Something was asked to end, and has to soon.
  func askToEnd(_ number: Int) {
    state.withLock { state in
      guard let run = state.runs[number] else { return }
      let now = run.loop.now
      state.runs[number]?.isCancelled = true
      state.runs[number]?.latest = run.latest.map { min($0, now) } ?? now
    }
  }

  /// Something has ended because it was asked to.
  func endAsAsked(_ number: Int) {
    let isCancelled = state.withLock { $0.runs[number]?.isCancelled ?? false }
    if !isCancelled { ledger.violation("wait \(number) was cancelled by nobody") }
    cancel(number)
  }

  /// Whether something waits.
  func isRunning(_ number: Int) -> Bool {
    state.withLock { $0.runs[number] != nil }
  }

  /// What should have ended by now; `nil` if nothing should.
  ///
  /// To be asked after each turn of a loop.
  func problem() -> String? {
    guard let slack else { return nil }
    return state.withLock { state in
      for (number, run) in state.runs {
        let now = run.loop.now
        if let latest = run.latest {
          if latest + slack < now {
            return "timer \(number) has not ended, \(latest.duration(to: now)) after its time"
          }
        } else if run.loop.statistics.enters >= run.turnCount {
          state.runs[number]?.latest = now + run.duration
        }
      }
      return nil
    }
  }
}
