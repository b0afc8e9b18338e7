// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// How long a run is, in nanoseconds.
///
/// Durations, not moments: where beginning the first messages takes long, as with 10,000 threads to
/// wake, warm-up and window follow it all the same.
struct EchoWindow {
  let warmup: UInt64
  let length: UInt64
}

/// Warm-up, the measured window, and the bytes still on their way after it.
extension EchoLoad {
  /// Runs the load through `window`.
  ///
  /// - Parameters:
  ///   - window: how long to warm up after the first messages are out, and how long to measure.
  ///   - server: whose CPU time to take, at the very moments that bound the message count.
  ///   - announce: is told `measuring` and `measured` at those moments.
  mutating func run(_ window: EchoWindow, server: ProcessUsage?, announce: (String) -> Void) {
    isSending = true
    let begin = MonotonicClock.now
    for index in 0..<count
    where unsafe connections[index].state == .ready && connections[index].isActive {
      self.begin(depth, on: index, at: begin)
    }
    turn(until: MonotonicClock.now + window.warmup)
    let ownStart = MonotonicClock.ownCPU
    let serverStart = server?.cpuNanoseconds
    let start = MonotonicClock.now
    isMeasuring = true
    announce("measuring")
    turn(until: start + window.length)
    isMeasuring = false
    result.windowNanoseconds = MonotonicClock.now - start
    result.ownCPUNanoseconds = MonotonicClock.ownCPU - ownStart
    if let server, let serverStart {
      result.serverCPUNanoseconds = server.cpuNanoseconds - serverStart
    }
    announce("measured")
    drain()
  }

  /// Handles events until `deadline`.
  private mutating func turn(until deadline: UInt64) {
    while true {
      let now = MonotonicClock.now
      if now >= deadline { return }
      handle(wait(milliseconds: Int32(clamping: (deadline - now) / 1_000_000 + 1)), at: now)
    }
  }

  @inline(__always)
  private mutating func handle(_ ready: Int, at now: UInt64) {
    for slot in 0..<ready {
      let index = unsafe Int(events[slot].data.u64)
      let kinds = unsafe events[slot].events
      if kinds & ~EPOLLOUT.rawValue != 0, unsafe connections[index].state == .ready {
        receive(index)
      }
      if kinds & EPOLLOUT.rawValue != 0, unsafe connections[index].state == .ready {
        push(index, at: now)
      }
    }
  }

  /// Sends no more, and waits for the bytes already sent.
  ///
  /// A byte that never comes back would not show otherwise. Ends when all are back, or none came for a second, or after five seconds; only
  /// silence counts as a failure.
  private mutating func drain() {
    isSending = false
    for index in 0..<count where unsafe connections[index].state == .ready {
      unsafe connections[index].unsent = 0
      unsafe connections[index].waiting = 0
      if unsafe connections[index].awaitsRoom {
        unsafe connections[index].awaitsRoom = false
        _ = watch(index, operation: EPOLL_CTL_MOD, room: false)
      }
    }
    let end = MonotonicClock.now + 5_000_000_000
    var before = owed
    var lastProgress = MonotonicClock.now
    while owed > 0, MonotonicClock.now < end {
      handle(wait(milliseconds: 50), at: MonotonicClock.now)
      if owed != before {
        before = owed
        lastProgress = MonotonicClock.now
      } else if MonotonicClock.now - lastProgress > 1_000_000_000 {
        return countStalled()
      }
    }
  }

  private mutating func countStalled() {
    for index in 0..<count where unsafe connections[index].owed > 0 {
      result.stalledConnections += 1
      unsafe note("connection \(first + index): \(connections[index].owed) bytes never came back")
    }
  }
}
