// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How many descriptors this process has open.
package func openDescriptorCount() -> Int {
  (0..<Int32(4096)).count { fcntl($0, F_GETFD) >= 0 }
}

/// Has the runtime make its timers.
///
/// The first of each clock takes a descriptor (timerfd_create(2)), and a test's time limit uses one:
/// it would be the one that a test has just given back. A timer whose instant has passed before the
/// runtime looks takes none, so on a busy machine these become longer.
private func takeTimerDescriptors() async throws {
  var pause = Duration.milliseconds(5)
  repeat {
    try await Task.sleep(for: pause, clock: .continuous)
    try await Task.sleep(for: pause, clock: .suspending)
    pause *= 2
  } while timerDescriptorCount() < 2 && pause < .seconds(1)
}

/// How many of this process's first descriptors are timers, by proc_pid_fd(5).
private func timerDescriptorCount() -> Int {
  (0..<256).count { number in
    var name = [UInt8](repeating: 0, count: 32)
    let count = unsafe readlink("/proc/self/fd/\(number)", &name, name.count)
    return count > 0 && String(decoding: name[..<count], as: UTF8.self).contains("timerfd")
  }
}

/// Lowers the limit so that so many more descriptors fit below it.
///
/// The hard limit stays, so that it can be raised again.
package func limitDescriptors(toAdditional count: Int) async throws {
  try await takeTimerDescriptors()
  var (limit, room) = (0, 0)
  while true {
    if fcntl(Int32(limit), F_GETFD) < 0 { room += 1 }
    if room > count { break }
    limit += 1
  }
  var lowered = rlimit()
  require(unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &lowered) == 0)
  lowered.rlim_cur = rlim_t(limit)
  require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &lowered) == 0)
}
