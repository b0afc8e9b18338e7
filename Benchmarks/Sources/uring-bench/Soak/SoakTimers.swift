// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization

/// Timers of one loop that end, are moved and are cancelled all the time.
final class SoakTimers: @unchecked Sendable {
  // Unchecked: everything that changes is used on the loop's thread only.

  private let loop: CompletionLoop
  private let tally: SoakTally
  private var numbers: SoakNumbers
  private var slots: [Slot] = []
  private var isOver = false

  private struct Slot {
    let timer: LoopTimer
    /// When it is to end, at the earliest; `nil` for one that does not run.
    var due: LoopInstant?
  }

  private static let count = 64

  /// Starts them.
  init(on loop: CompletionLoop, _ numbers: SoakNumbers, _ tally: SoakTally) {
    self.loop = loop
    self.tally = tally
    self.numbers = numbers
    loop.perform { [self] in
      for index in 0..<Self.count {
        let timer = LoopTimer(on: loop) { [weak self] in self?.ended(index) }
        slots.append(Slot(timer: timer))
        start(index)
      }
    }
  }

  /// Stops them; none ends behind this on the loop.
  func stop() {
    loop.perform { [self] in
      isOver = true
      for slot in slots { slot.timer.cancel() }
      slots = []
    }
  }

  private func start(_ index: Int) {
    let duration = Duration.microseconds(Int.random(in: 0...50_000, using: &numbers))
    slots[index].due = loop.now + duration
    slots[index].timer.start(duration)
  }

  private func ended(_ index: Int) {
    guard !isOver, let due = slots[index].due, loop.now >= due else {
      return tally.unexpected(SoakFault.wrongTimer, "a timer of a loop")
    }
    tally.add { $0.timers += 1 }
    start(index)
    // Another one is moved, or cancelled and perhaps started again.
    let other = Int.random(in: 0..<slots.count, using: &numbers)
    guard other != index else { return }
    if numbers.chance(1, outOf: 2) {
      start(other)
    } else {
      slots[other].timer.cancel()
      slots[other].due = nil
      if numbers.chance(7, outOf: 8) { start(other) }
    }
  }
}
