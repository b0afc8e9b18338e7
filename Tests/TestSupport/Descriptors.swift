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
/// runtime looks takes none, so these are not too short.
private func takeTimerDescriptors() async throws {
  try await Task.sleep(for: .milliseconds(5), clock: .continuous)
  try await Task.sleep(for: .milliseconds(5), clock: .suspending)
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
