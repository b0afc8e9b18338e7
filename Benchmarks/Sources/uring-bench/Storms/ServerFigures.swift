// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The memory and the descriptors of a server, seen from outside.
struct ServerFigures {
  private let pid: pid_t
  private let usage: ProcessUsage

  /// - Throws: ESRCH when there is no such process.
  init(of pid: pid_t) throws(SystemFailure) {
    self.pid = pid
    usage = try ProcessUsage(of: pid)
  }

  func residentBytes() throws -> UInt64 {
    guard let bytes = usage.residentBytes else { throw RunFailure.serverSilent }
    return bytes
  }

  /// The largest it has ever been: VmHWM in proc_pid_status(5).
  func peakResidentBytes() throws -> UInt64 {
    let status = TextFile.read("/proc/\(pid)/status") ?? ""
    for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
      let words = line.split { $0 == " " || $0 == "\t" }
      if words.count > 1, let kilobytes = UInt64(words[1]) { return kilobytes * 1024 }
    }
    throw RunFailure.serverSilent
  }

  /// Open descriptors; 0 when the process has ended.
  var descriptorCount: Int {
    guard let folder = unsafe opendir("/proc/\(pid)/fd") else { return 0 }
    defer { unsafe closedir(folder) }
    var count = 0
    while unsafe readdir(folder) != nil { count += 1 }
    // `.` and `..` are none.
    return max(0, count - 2)
  }

  /// Waits until no more than `limit` descriptors are open, or ten seconds have passed.
  ///
  /// - Returns: how many are open then.
  func descriptorCount(downTo limit: Int) -> Int {
    let deadline = MonotonicClock.now + 10_000_000_000
    while descriptorCount > limit, MonotonicClock.now < deadline { usleep(20_000) }
    return descriptorCount
  }
}
