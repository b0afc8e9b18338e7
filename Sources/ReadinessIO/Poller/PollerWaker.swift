// SPDX-License-Identifier: Apache-2.0

internal import CReadiness
internal import Glibc
internal import Synchronization
internal import SystemPackage
internal import Uring

/// Ends a poller's wait from any thread.
///
/// A wake is never lost and never counted: one that comes while nobody waits ends the next wait,
/// and several that come together end one wait.
public final class PollerWaker: Sendable {
  /// Any thread signals it, only the poller's thread takes from it.
  private let event: EventDescriptor
  /// Set before a wake, and cleared before wakes are taken: without it there is none to look for.
  private let mayBePending = Atomic(false)

  init() throws(Errno) {
    event = try EventDescriptor()
  }

  /// Makes the poller's wait return.
  ///
  /// The corresponding C function is `eventfd_write`.
  public func wake() {
    mayBePending.store(true, ordering: .releasing)
    event.signal()
  }

  /// The descriptor that a poller watches: readable while a wake is pending.
  var descriptor: FileDescriptor { event.descriptor }

  /// Takes all pending wakes.
  ///
  /// Called only when the descriptor is readable, so it does not wait.
  func drain() {
    mayBePending.store(false, ordering: .relaxed)
    var count: eventfd_t = 0
    _ = unsafe eventfd_read(descriptor.rawValue, &count)
  }

  /// Takes all pending wakes where nobody has said that there are some.
  ///
  /// - Parameter callCount: Goes up by the system calls that it takes.
  /// - Returns: Whether there were some.
  func drainIfPending(_ callCount: inout UInt64) -> Bool {
    guard mayBePending.load(ordering: .relaxed) else { return false }
    var state = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
    callCount += 1
    guard unsafe poll(&state, 1, 0) == 1 else { return false }
    callCount += 1
    drain()
    return true
  }
}

extension Errno {
  /// The calling thread's last error.
  static var current: Errno { Errno(rawValue: Glibc.errno) }
}
