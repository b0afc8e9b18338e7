// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import Glibc

/// Rights that the thread of a check may give up: the thread ends with the check, so nobody else
/// notices.
enum ThreadRights {
  /// Gives the thread a table of descriptors of its own, and fills it.
  ///
  /// Afterwards no descriptor can be made, on this thread alone.
  ///
  /// - Parameter descriptor: What all of them refer to.
  /// - Throws: ``Finding/skipped(_:)`` where that is not possible.
  static func fillOwnDescriptorTable(with descriptor: Int32) throws(Finding) {
    let limit = descriptorLimit
    guard limit <= 1 << 20 else {
      throw .skipped("RLIMIT_NOFILE is \(limit), too many descriptors to use up")
    }
    guard curing_unshare_descriptors() == 0 else {
      throw .skipped("the thread cannot have descriptors of its own: errno \(errno)")
    }
    while dup(descriptor) >= 0 {}
    guard errno == EMFILE else { throw .skipped("dup ends with errno \(errno)") }
  }

  /// RLIMIT_NOFILE.
  static var descriptorLimit: UInt64 {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return .max
    }
    return UInt64(limit.rlim_cur)
  }

  /// Works without CAP_IPC_LOCK, under a limit on locked memory.
  ///
  /// The capability is the thread's. The limit is the process's, for as long as the work takes;
  /// only threads without the capability are charged.
  static func withLockedMemory(
    limit byteCount: UInt64, _ work: () -> Void
  ) throws(Finding) {
    guard curing_drop_lock_capability() == 0 else {
      throw .skipped("the thread cannot give up CAP_IPC_LOCK: errno \(errno)")
    }
    // RLIMIT_MEMLOCK, a macro that is not imported.
    let lockedMemory = __rlimit_resource_t(8)
    var before = rlimit()
    guard unsafe getrlimit(lockedMemory, &before) == 0 else {
      throw .skipped("the limit cannot be read: errno \(errno)")
    }
    var lowered = before
    lowered.rlim_cur = rlim_t(byteCount)
    guard byteCount <= UInt64(before.rlim_max), unsafe setrlimit(lockedMemory, &lowered) == 0 else {
      throw .skipped("the limit cannot be set: errno \(errno)")
    }
    defer { unsafe setrlimit(lockedMemory, &before) }
    work()
  }
}
