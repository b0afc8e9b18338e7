// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// The calls that a loop makes of a kernel: the real one behind a ``Ring``, or a simulated one.
///
/// The protocol works in batches, and a loop is specialised for the kernel it runs on.
package protocol Kernel: ~Copyable {
  /// Takes a request for the next enter; `false` when the submission queue is full.
  mutating func prepare(_ request: Request, token: Token) -> Bool

  /// Takes a request that is ended after a time; neither, when both do not fit. See
  /// ``Ring/prepare(_:token:timeout:timeoutToken:)``.
  mutating func prepare(
    _ request: Request, token: Token, timeout: Duration, timeoutToken: Token
  ) -> Bool

  /// Requests taken by ``prepare(_:token:)`` and not yet by the kernel.
  var preparedCount: Int { get }

  /// Submits, and waits for completions. See ``Ring/enter(minimumCompletionCount:timeout:minimumWait:)``.
  mutating func enter(
    minimumCompletionCount: Int, timeout: Duration?, minimumWait: Duration?
  ) throws(Errno) -> Int

  /// Copies completions out. See ``Ring/reap(into:)``.
  @unsafe mutating func reap(into batch: UnsafeMutableBufferPointer<Completion>) -> Int

  /// Makes returned buffers available to receives. See ``Ring/provide(from:)``.
  mutating func provide(from pool: BufferPool)

  /// System calls that it has made since it was asked last, where an enter is made of others; 0 where
  /// an enter is one.
  mutating func takeCallCount() -> UInt64

  /// Whether completions wait outside the full queue.
  var hasOverflow: Bool { get }

  /// Nanoseconds on a clock that never goes back.
  var now: UInt64 { get }

  /// Does nothing for a while, so that the kernel can find memory.
  mutating func pause(for duration: Duration)

  /// Ends one or both directions of a socket at once; 0 or a negated errno.
  mutating func shutdown(_ descriptor: Descriptor, direction: Int32) -> Int32

  /// Starts a connect and does not wait for it; 0 or a negated errno such as EINPROGRESS.
  mutating func connectWithoutWaiting(_ request: Request) -> Int32

  /// The socket's pending error (`SO_ERROR`) as a negated errno, or 0.
  mutating func pendingError(of descriptor: Descriptor) -> Int32
}
