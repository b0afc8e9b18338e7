// SPDX-License-Identifier: Apache-2.0

import Glibc

/// RLIMIT_NOFILE, the number of descriptors this process may have open.
enum DescriptorLimit {
  /// Raises the soft limit to the hard limit, which every process may do.
  ///
  /// - Returns: the limit that holds now.
  @discardableResult
  static func raise() -> Int {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return 1024
    }
    let soft = limit.rlim_cur
    limit.rlim_cur = limit.rlim_max
    let raised = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    return Int(clamping: raised ? limit.rlim_max : soft)
  }

  /// Sets the soft limit.
  ///
  /// - Throws: EINVAL above the hard limit.
  static func set(to count: Int) throws(SystemFailure) {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard unsafe getrlimit(resource, &limit) == 0 else { throw SystemFailure("getrlimit") }
    limit.rlim_cur = rlim_t(count)
    guard unsafe setrlimit(resource, &limit) == 0 else {
      throw SystemFailure("setrlimit to \(count) descriptors")
    }
  }
}
