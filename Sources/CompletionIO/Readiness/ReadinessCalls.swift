// SPDX-License-Identifier: Apache-2.0

package import ReadinessIO
package import SystemPackage
package import Uring

/// The calls that a ``ReadinessKernel`` makes of the kernel below it: none waits but
/// ``wait(into:timeout:)``.
///
/// ``LinuxCalls`` are the real ones; a simulation has its own.
package protocol ReadinessCalls: ~Copyable {
  /// Tries a request once and does not wait.
  ///
  /// The memory of the request is used during the call only, and no buffer is chosen: its operand
  /// is the memory. Of its options only `.fullLength` means something here.
  ///
  /// - Parameter request: On an ordinary descriptor. An accept, a receive, a send, either with a
  ///   `msghdr` too; a connect, a poll, a read, a read of a file, a shutdown, a close.
  /// - Returns: The result, or a negated errno: -EAGAIN for what would wait, and -EINPROGRESS for a
  ///   connect that has started. A poll returns the events that are there, which may be none. An
  ///   operation that is none of these is -EINVAL. An accept may wait where its listener is not in
  ///   non-blocking mode (``makeNonblocking(_:)``).
  mutating func attempt(_ request: Request) -> Int32

  /// The socket's pending error (`SO_ERROR`) as a negated errno, or 0.
  mutating func pendingError(of descriptor: Int32) -> Int32

  /// Whether a receive that fills less than its memory has taken all there was: of TCP.
  mutating func tellsEmptyByShortReceive(_ descriptor: Int32) -> Bool

  /// Has ``wait(into:timeout:)`` tell of what a descriptor is ready for, once now and then at each
  /// arrival (`EPOLLET`): to read, to write, of urgent data, of the end of the peer's half, of
  /// errors.
  ///
  /// - Parameters:
  ///   - descriptor: Its number is the token of its events.
  ///   - again: Whether a file of this number was watched before; that may be another file.
  /// - Returns: 0 or a negated errno: -EPERM for a file that is always ready, -EBADF, -ENOMEM,
  ///   -ENOSPC.
  mutating func watch(_ descriptor: Int32, again: Bool) -> Int32

  /// Stops to tell of a descriptor.
  mutating func unwatch(_ descriptor: Int32)

  /// Puts a listener in non-blocking mode: fcntl(2), F_SETFL. 0 or a negated errno.
  mutating func makeNonblocking(_ descriptor: Int32) -> Int32

  /// Makes another descriptor of the same open file, which children do not inherit: fcntl(2),
  /// F_DUPFD_CLOEXEC. A negated errno if there is none.
  mutating func duplicate(_ descriptor: Int32) -> Int32

  /// Waits for what is watched.
  ///
  /// - Parameters:
  ///   - events: Replaced by what has come; none when the time is over.
  ///   - timeout: How long to wait at most; zero does not wait; `nil` for as long as it takes.
  /// - Throws: EINTR, ENOMEM.
  mutating func wait(into events: inout [ReadinessEvent], timeout: Duration?) throws(Errno)

  /// System calls made so far.
  var callCount: UInt64 { get }

  /// Nanoseconds on a clock that never goes back.
  var now: UInt64 { get }

  /// Does nothing for a while, so that the kernel can find memory.
  mutating func pause(for duration: Duration)
}

extension ReadinessCalls where Self: ~Copyable {
  /// None, where nobody counts.
  package var callCount: UInt64 { 0 }
}
