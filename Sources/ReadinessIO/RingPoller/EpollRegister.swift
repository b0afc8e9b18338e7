// SPDX-License-Identifier: Apache-2.0

internal import CReadiness
internal import Glibc
internal import SystemPackage

/// A list of files under their numbers, which epoll keeps and nobody waits on.
///
/// It knows a file from another that has been given its number, which fstat(2) tells of sockets
/// only: files without a type (eventfd, timerfd and so on) share one inode. And it knows which files
/// have readiness at all, which of a device is its driver's secret.
struct EpollRegister: ~Copyable {
  /// Made when it is first needed.
  private var epoll: FileDescriptor?

  init() {}

  deinit {
    try? epoll?.close()
  }

  /// Changes or asks the list, which a file leaves by itself when it is closed.
  ///
  /// - Parameters:
  ///   - change: What to do.
  ///   - descriptor: Stays the caller's.
  ///   - callCount: Goes up by the system calls that it takes.
  /// - Throws: EBADF, EPERM (no readiness); EEXIST to `add`; ENOENT to `remove` and `find`; EMFILE,
  ///   ENFILE, ENOMEM, ENOSPC.
  mutating func apply(
    _ change: Change, to descriptor: FileDescriptor, _ callCount: inout UInt64
  ) throws(Errno) {
    let epoll = try made(&callCount)
    var event = unsafe epoll_event()
    callCount += 1
    guard unsafe epoll_ctl(epoll.rawValue, change.rawValue, descriptor.rawValue, &event) == 0
    else { throw .current }
  }

  private mutating func made(_ callCount: inout UInt64) throws(Errno) -> FileDescriptor {
    if let epoll { return epoll }
    callCount += 1
    let answer = epoll_create1(CREADINESS_CLOEXEC)
    guard answer >= 0 else { throw .current }
    let epoll = FileDescriptor(rawValue: answer)
    self.epoll = epoll
    return epoll
  }

  /// The operations of epoll_ctl(2).
  enum Change: Int32 {
    case add = 1
    case remove = 2
    /// Changes what is waited for, which is nothing before and after.
    case find = 3
  }
}
