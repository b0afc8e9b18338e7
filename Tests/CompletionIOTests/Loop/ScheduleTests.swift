// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import TestSupport
import Testing

@testable import CompletionIO

@Suite("Scheduled work", .timeLimit(.minutes(3)))
struct ScheduleTests {
  @Test("Work comes once, on the loop's thread, and never early")
  func once() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let calls = Tally()
      let wrong = Tally()
      for milliseconds in [-5, 0, 1, 3] {
        let start = loop.now
        let duration = Duration.milliseconds(milliseconds)
        loop.schedule(after: duration) {
          if !loop.isCurrent || loop.now < start + duration { wrong.add() }
          calls.add()
        }
      }
      await loop.until { calls.value == 4 }
      #expect(wrong.value == 0)
      #expect(await loop.ask { loop.core.timers.count == 0 && loop.core.waits.count == 0 })
    }
  }

  @Test("Repeated work keeps its times, and is cancelled in itself")
  func repeats() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let interval = Duration.milliseconds(2)
      let times = Mutex<[LoopInstant]>([])
      let work = Mutex<ScheduledWork?>(nil)
      let start = loop.now
      let made = loop.schedule(every: interval, after: .milliseconds(5)) {
        let count = times.withLock { times in
          times.append(loop.now)
          return times.count
        }
        if count == 5 { work.withLock { $0?.cancel() } }
      }
      work.withLock { $0 = made }
      await loop.until { loop.core.timers.count == 0 && times.withLock { $0.count >= 5 } }
      let all = times.withLock { $0 }
      #expect(all.count == 5)
      for (index, time) in all.enumerated() {
        #expect(start + .milliseconds(5) + interval * index <= time)
      }
    }
  }

  @Test("A call that comes late moves no other, and none come in a bunch")
  func late() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let interval = Duration.milliseconds(4)
      let times = Mutex<[LoopInstant]>([])
      let start = loop.now
      let work = loop.schedule(every: interval) {
        let count = times.withLock { times in
          times.append(loop.now)
          return times.count
        }
        // Busy for more than three intervals.
        let end = loop.now + interval * 3 + .milliseconds(1)
        while count == 1, loop.now < end {}
      }
      await loop.until { times.withLock { $0.count >= 6 } }
      work.cancel()
      let all = times.withLock { $0 }
      // In intervals from the start; the second, which was due meanwhile, comes at once.
      let steps = all.map { time in
        let nanoseconds = time.nanoseconds - start.nanoseconds
        return Int(nanoseconds / 4_000_000)
      }
      // Each of the others is due at a multiple behind the one before: in a bunch, three would be at 4.
      for (index, step) in steps.enumerated().dropFirst() { #expect(step >= index + 3) }
    }
  }

  @Test("Cancelled work is never called, and is let go", arguments: [false, true])
  func cancelled(onLoop: Bool) async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let calls = Tally()
      weak var left: Tally?
      do {
        let kept = Tally()
        left = kept
        let work = [
          loop.schedule(after: .seconds(3600)) { _ = (kept, calls.add()) },
          loop.schedule(every: .seconds(3600), after: .seconds(60)) {
            _ = (kept, calls.add())
          },
        ]
        if onLoop {
          await loop.ask { for each in work { each.cancel() } }
        } else {
          let thread = try TestThread { for each in work { each.cancel() } }
          thread.join()
          work[0].cancel()
        }
        await loop.ask {}
      }
      #expect(left == nil && calls.value == 0)
      #expect(await loop.ask { loop.core.timers.count == 0 && loop.core.waits.count == 0 })
    }
  }

  @Test("The end of the loop cancels work, and later work is dropped")
  func stopped() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let loop = group.loops[0]
    let calls = Tally()
    weak var left: Tally?
    do {
      let kept = Tally()
      left = kept
      loop.schedule(after: .seconds(3600)) { _ = (kept, calls.add()) }
      loop.schedule(every: .seconds(3600)) { _ = (kept, calls.add()) }
    }
    await group.close()
    #expect(left == nil)
    loop.schedule(after: .zero) { calls.add() }.cancel()
    loop.schedule(every: .milliseconds(1)) { calls.add() }
    #expect(calls.value == 0)
  }

  @Test("Work from many threads at once, cancelled or not, is done once or not at all")
  func manyThreads() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let calls = Tally()
      let threads = try (0..<4).map { _ in
        try TestThread {
          for number in 0..<500 {
            let work = loop.schedule(after: .microseconds(number)) { calls.add() }
            if number % 5 == 0 { loop.schedule(after: .seconds(3600)) { calls.add() }.cancel() }
            _ = work
          }
        }
      }
      for thread in threads { thread.join() }
      await loop.until { calls.value == 2000 && loop.core.timers.count == 0 }
      #expect(calls.value == 2000)
    }
  }
}
