// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Signals taken in a chosen place instead of in a handler.
struct SignalWait {
  private var set = sigset_t()

  /// Blocks `signals` in the calling thread and in all threads it makes afterwards, so it must come
  /// before the first thread.
  init(for signals: [Int32]) {
    unsafe sigemptyset(&set)
    for signal in signals { unsafe sigaddset(&set, signal) }
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Waits for one of the signals.
  ///
  /// - Parameter deadline: on the monotonic clock, in nanoseconds.
  /// - Returns: the signal, or nil when the deadline passed first.
  mutating func next(until deadline: UInt64) -> Int32? {
    while true {
      let now = MonotonicClock.now
      guard deadline > now else { return nil }
      let left = deadline - now
      var timeout = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
      let signal = unsafe sigtimedwait(&set, nil, &timeout)
      if signal > 0 { return signal }
    }
  }
}
