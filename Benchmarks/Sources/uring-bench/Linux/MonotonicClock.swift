// SPDX-License-Identifier: Apache-2.0

import Glibc

/// CLOCK_MONOTONIC, which all processes of a machine share: workers agree on a window by its values.
enum MonotonicClock {
  /// Nanoseconds since some fixed moment, through the vDSO.
  static var now: UInt64 { read(CLOCK_MONOTONIC) }

  /// CPU time of the calling process in nanoseconds.
  static var ownCPU: UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }

  /// Reads any POSIX clock; 0 when the clock has gone (its process has ended).
  static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    guard unsafe clock_gettime(clock, &time) == 0 else { return 0 }
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  /// A duration in seconds as nanoseconds, never negative.
  static func nanoseconds(_ seconds: Double) -> UInt64 { UInt64(max(0, seconds) * 1e9) }

  /// Milliseconds from now to `deadline`, rounded up, for poll(2) and epoll_wait(2).
  static func milliseconds(until deadline: UInt64) -> Int32 {
    let now = now
    guard deadline > now else { return 0 }
    return Int32(clamping: (deadline - now + 999_999) / 1_000_000)
  }
}
