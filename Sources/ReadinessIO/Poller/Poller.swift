// SPDX-License-Identifier: Apache-2.0

public import SystemPackage

/// Waits until one of many descriptors is ready: the readiness model.
///
/// ``EpollPoller`` and ``RingPoller`` give the same answers; <doc:ReadinessIO> has the table of what
/// differs. A poller is used by one thread at a time, which for a ``RingPoller`` is the thread that
/// made it; only its ``PollerWaker`` may be used meanwhile by others.
///
/// A descriptor must be deregistered before it is closed. epoll forgets a closed file by itself;
/// io_uring instead keeps the file open for as long as it polls it, and its peer would see no end.
public protocol Poller: ~Copyable {
  /// Starts to watch a descriptor.
  ///
  /// - Parameters:
  ///   - descriptor: Stays the caller's, and open until it is deregistered.
  ///   - token: Comes back in each of its events; any value but ``reservedToken``.
  ///   - interest: What to wait for, beside errors and hang-ups.
  ///   - mode: When to report it again.
  /// - Throws: EEXIST (registered already), EBADF (not open), EPERM (a regular file or another that
  ///   is always ready), EINVAL (the reserved token, or an interest that no poller can give), ENOSPC
  ///   (a limit is reached), ENOMEM.
  ///
  /// The corresponding C function is `epoll_ctl` with `EPOLL_CTL_ADD`.
  mutating func register(
    _ descriptor: FileDescriptor, token: UInt64, interest: Interest, mode: PollMode
  ) throws(Errno)

  /// Changes what a registration waits for, and makes a spent oneshot wait again.
  ///
  /// What is ready at the time is reported by the next wait, in edge mode too.
  ///
  /// - Parameters:
  ///   - descriptor: A registered descriptor.
  ///   - token: Comes back in each of its events; any value but ``reservedToken``.
  ///   - interest: What to wait for, beside errors and hang-ups.
  ///   - mode: When to report it again.
  /// - Throws: ENOENT (not registered), EBADF (not open), EPERM, EINVAL (the reserved token, or an
  ///   interest that no poller can give), ENOMEM.
  ///
  /// The corresponding C function is `epoll_ctl` with `EPOLL_CTL_MOD`.
  mutating func modify(
    _ descriptor: FileDescriptor, token: UInt64, interest: Interest, mode: PollMode
  ) throws(Errno)

  /// Stops to watch a descriptor; no later wait reports it.
  ///
  /// - Parameter descriptor: A registered descriptor; may be closed afterwards.
  /// - Throws: ENOENT (not registered), EBADF (not open), EPERM.
  ///
  /// The corresponding C function is `epoll_ctl` with `EPOLL_CTL_DEL`.
  mutating func deregister(_ descriptor: FileDescriptor) throws(Errno)

  /// Waits until a registered descriptor is ready, the time is over, or the waker is used.
  ///
  /// A descriptor has at most one event in a wait. When more are ready than a wait may have, the
  /// others come first in the next one.
  ///
  /// - Parameters:
  ///   - events: Replaced by what is ready; keeps its capacity, so that waiting does not allocate.
  ///   - timeout: How long to wait at most; zero does not wait; `nil` for as long as it takes.
  ///   - limit: Most events of this wait, from 1; more than the poller was made for are as many as
  ///     it was made for.
  /// - Returns: Whether ``PollerWaker/wake()`` was called since the last wait.
  /// - Throws: EINTR (a signal, or a ring on this thread without `DEFER_TASKRUN`), EINVAL (a limit
  ///   below 1), ENOMEM.
  /// - Complexity: O(events)
  ///
  /// The corresponding C function is `epoll_pwait2`.
  mutating func wait(
    into events: inout [ReadinessEvent], timeout: Duration?, limit: Int
  ) throws(Errno) -> Bool

  /// The poller's own descriptor, for another poller, poll(2), or a loop of another library.
  ///
  /// It polls readable when a wait would find an event, or the waker has been used. Then wait, with a
  /// timeout of zero; never read from it. It stays the poller's: deregister it wherever it is
  /// registered before the poller ends.
  ///
  /// - Throws: EMFILE, ENFILE, ENOMEM.
  var fileDescriptor: FileDescriptor { mutating get throws(Errno) }

  /// Ends a wait from another thread.
  var waker: PollerWaker { get }

  /// System calls made so far.
  var kernelCallCount: UInt64 { get }
}

extension Poller where Self: ~Copyable {
  /// Waits for as many events as the poller was made for.
  ///
  /// See ``Poller/wait(into:timeout:limit:)``.
  public mutating func wait(
    into events: inout [ReadinessEvent], timeout: Duration?
  ) throws(Errno) -> Bool {
    try wait(into: &events, timeout: timeout, limit: .max)
  }

  /// The one token that a registration cannot have; it names the waker.
  public static var reservedToken: UInt64 { pollerReservedToken }
}

let pollerReservedToken = UInt64.max

/// How many events a wait of a caller's may have: fewer than epoll takes at most.
///
/// `EP_MAX_EVENTS` is `INT_MAX / sizeof(struct epoll_event)`, whose size is 12 or 16 bytes
/// (fs/eventpoll.c).
let pollerEventLimits = 1...(Int(Int32.max) / 16 - 1)
