// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Nanoseconds on `CLOCK_MONOTONIC`, by which kernels and loops measure time.
@Sendable
package func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
