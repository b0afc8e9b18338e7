public import Uring

/// One answer of the kernel, with what is known of the request it belongs to.
///
/// Everything that a verdict depends on is in here: no clock, no ring, no hidden state.
public struct Answer: Hashable, Sendable {
  /// What was asked.
  public var operation: Operation
  /// A count, a descriptor or 0; below zero, a negated errno.
  public var result: Int32
  /// How the request was submitted.
  public var options: Request.Options
  /// Submissions so far, this one included; counted from 1.
  public var attempt: Int
  /// Bytes that the request asked to move.
  public var byteCount: UInt32
  /// What else is known.
  public var facts: Facts

  /// Describes an answer.
  ///
  /// - Parameters:
  ///   - operation: What was asked.
  ///   - result: The kernel's result.
  ///   - options: How the request was submitted.
  ///   - attempt: Submissions so far, counted from 1.
  ///   - byteCount: Bytes that the request asked to move.
  ///   - facts: What else is known.
  public init(
    to operation: Operation, result: Int32, options: Request.Options = [], attempt: Int = 1,
    byteCount: UInt32 = 0, facts: Facts = []
  ) {
    precondition(attempt >= 1, "attempts are counted from 1")
    self.operation = operation
    self.result = result
    self.options = options
    self.attempt = attempt
    self.byteCount = byteCount
    self.facts = facts
  }

  /// What is known of a request besides its encoding.
  public struct Facts: OptionSet, Hashable, Sendable {
    /// One bit a fact.
    public var rawValue: UInt8

    /// Wraps a set of bits.
    @inlinable
    public init(rawValue: UInt8) {
      self.rawValue = rawValue
    }

    /// The request is still armed (`F_MORE`).
    @inlinable
    public static var hasMore: Self { Self(rawValue: 1 << 0) }
    /// Its owner has asked for its end, by cancelling or by a deadline.
    @inlinable
    public static var endRequested: Self { Self(rawValue: 1 << 1) }
    /// The socket is not a stream: one send is one message.
    @inlinable
    public static var datagram: Self { Self(rawValue: 1 << 2) }
    /// The socket is a Unix-domain one, whose connect answers -EAGAIN when the backlog is full.
    @inlinable
    public static var unixDomain: Self { Self(rawValue: 1 << 3) }
    /// A capability has been dropped already.
    @inlinable
    public static var capabilityDropped: Self { Self(rawValue: 1 << 4) }
    /// A send on the same socket is with the kernel, or has been cut short.
    @inlinable
    public static var sendUnderWay: Self { Self(rawValue: 1 << 5) }
  }
}
