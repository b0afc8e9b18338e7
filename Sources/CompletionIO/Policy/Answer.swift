// SPDX-License-Identifier: Apache-2.0

public import Uring

/// One answer of the kernel, with what is known of the request it belongs to.
///
/// A verdict depends on nothing else: no clock, no ring, no hidden state.
public struct Answer: Hashable, Sendable {
  /// The operation that was asked for.
  public var operation: Operation
  /// A count, a descriptor or 0; below zero, a negated errno; in a phase of a poll, its events.
  public var result: Int32
  /// How the request was submitted.
  public var options: Request.Options
  /// Submissions so far, this one included; counted from 1.
  public var attempt: Int
  /// Bytes that the request asked to move.
  public var byteCount: UInt32
  /// The request of the flight that the kernel has answered.
  public var phase: Phase
  /// Further facts.
  public var facts: Facts

  /// Describes an answer.
  ///
  /// - Parameters:
  ///   - operation: What was asked.
  ///   - result: The kernel's result.
  ///   - options: How the request was submitted.
  ///   - attempt: Submissions so far, counted from 1.
  ///   - byteCount: Bytes that the request asked to move.
  ///   - phase: What the kernel has answered to.
  ///   - facts: What else is known.
  public init(
    to operation: Operation, result: Int32, options: Request.Options = [], attempt: Int = 1,
    byteCount: UInt32 = 0, phase: Phase = .request, facts: Facts = []
  ) {
    precondition(attempt >= 1, "attempts are counted from 1")
    self.operation = operation
    self.result = result
    self.options = options
    self.attempt = attempt
    self.byteCount = byteCount
    self.phase = phase
    self.facts = facts
  }

  /// The subject of an answer: the request, or something that the loop did for it.
  public enum Phase: UInt8, CaseIterable, Hashable, Sendable {
    /// The request itself.
    case request
    /// A poll before the request, on a kernel whose requests cannot wait first.
    case readiness
    /// A poll for writability, in place of a connect that must not be issued again.
    case writability
    /// The question for the pending error of a socket (`SO_ERROR`), which decides a connect.
    case pendingError
    /// A zero-copy send whose memory is free; the result is what the send came to.
    case notification
  }

  /// Facts about a request besides its encoding.
  public struct Facts: OptionSet, Hashable, Sendable {
    /// One bit a fact.
    public var rawValue: UInt16

    /// Wraps a set of bits.
    @inlinable
    public init(rawValue: UInt16) {
      self.rawValue = rawValue
    }

    /// The request is still armed (`F_MORE`).
    @inlinable
    public static var hasMore: Self { Self(rawValue: 1 << 0) }
    /// The owner of the request, or its deadline, has asked the kernel to cancel it.
    @inlinable
    public static var cancelRequested: Self { Self(rawValue: 1 << 1) }
    /// The socket keeps messages apart (`SOCK_DGRAM`): one of 0 bytes is no end.
    @inlinable
    public static var datagram: Self { Self(rawValue: 1 << 2) }
    /// The address of a connect is a Unix-domain one: EAGAIN says that the backlog is full.
    @inlinable
    public static var unixDomain: Self { Self(rawValue: 1 << 3) }
    /// A capability has been dropped already.
    @inlinable
    public static var capabilityDropped: Self { Self(rawValue: 1 << 4) }
    /// The request must not wait, and the kernel could not be told: a cancel went behind it, or
    /// behind the poll before it, so ECANCELED says that it would have waited.
    @inlinable
    public static var triedOnce: Self { Self(rawValue: 1 << 6) }
    /// The request selects its buffer from a group that is not the loop's.
    @inlinable
    public static var unknownGroup: Self { Self(rawValue: 1 << 7) }
    /// The kernel holds buffers of the loop's group.
    @inlinable
    public static var buffersWithKernel: Self { Self(rawValue: 1 << 8) }
    /// The end of a zero-copy send before its time may reset the connection, so that its memory is
    /// free.
    static var resetsForMemory: Self { Self(rawValue: 1 << 5) }
    /// A poll has said that both directions of the connection have ended (POLLHUP).
    @inlinable
    public static var hungUp: Self { Self(rawValue: 1 << 9) }
  }
}
