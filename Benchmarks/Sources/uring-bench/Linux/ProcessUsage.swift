// SPDX-License-Identifier: Apache-2.0

import Glibc

/// CPU time and memory of a process, seen from outside.
struct ProcessUsage {
  private let pid: pid_t
  private let clock: clockid_t

  /// - Throws: ESRCH when there is no such process.
  init(of pid: pid_t) throws(SystemFailure) {
    var clock = clockid_t()
    let code = unsafe clock_getcpuclockid(pid, &clock)
    guard code == 0 else {
      throw SystemFailure("clock_getcpuclockid of process \(pid)", code: code)
    }
    self.pid = pid
    self.clock = clock
  }

  /// CPU nanoseconds of all its threads, ended ones included: one system call, exact to the moment
  /// (the sum over /proc/PID/task/*/schedstat lags by up to a tick and costs a file per thread).
  var cpuNanoseconds: UInt64 { MonotonicClock.read(clock) }

  /// Resident set in bytes, from VmRSS in /proc/PID/status; nil when the process has ended.
  var residentBytes: UInt64? {
    guard let status = TextFile.read("/proc/\(pid)/status") else { return nil }
    for line in status.split(separator: "\n") where line.hasPrefix("VmRSS:") {
      let kilobytes = line.dropFirst(6).split { $0 == " " || $0 == "\t" }.first.flatMap {
        UInt64($0)
      }
      return kilobytes.map { $0 * 1024 }
    }
    return nil
  }
}
