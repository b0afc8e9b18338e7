// SPDX-License-Identifier: Apache-2.0

/// A request as a value: everything needed to write it into a submission queue entry, again and
/// again.
///
/// A request holds addresses, not owners. Whoever submits it keeps the memory in place until the
/// final completion (no `F_MORE`; the notification for a zero-copy send).
public struct Request: Hashable, Sendable {
  /// The operation that is asked for.
  public let operation: Operation
  /// How it is asked.
  public var options: Options
  /// Buffer group that the kernel takes memory from, with ``Options/selectBuffer``.
  public var bufferGroup: UInt16
  /// The descriptor that the request acts on.
  public var descriptor: Descriptor
  /// Bytes to move, a socket address's length, a poll mask, a direction; by operation.
  public var count: UInt32
  /// Address of memory, a token, or a number, by operation.
  public var operand: UInt64

  @inlinable
  init(
    _ operation: Operation, on descriptor: Descriptor = Descriptor(rawValue: -1, isDirect: false),
    options: Options = [], bufferGroup: UInt16 = 0, count: UInt32 = 0, operand: UInt64 = 0
  ) {
    self.operation = operation
    self.options = options
    self.bufferGroup = bufferGroup
    self.descriptor = descriptor
    self.count = count
    self.operand = operand
  }

  /// How a request is to be carried out.
  public struct Options: OptionSet, Hashable, Sendable {
    /// One bit an option.
    public var rawValue: UInt8

    /// Wraps a set of bits.
    @inlinable
    public init(rawValue: UInt8) {
      self.rawValue = rawValue
    }

    /// Stays armed and completes many times.
    @inlinable
    public static var multishot: Self { Self(rawValue: 1 << 0) }
    /// Waits for readiness before the first try.
    ///
    /// Receive and send since Linux 5.19, accept since Linux 6.10.
    @inlinable
    public static var pollFirst: Self { Self(rawValue: 1 << 1) }
    /// Answers -EAGAIN rather than wait.
    ///
    /// `MSG_DONTWAIT`, or `IORING_ACCEPT_DONTWAIT` since Linux 6.10.
    @inlinable
    public static var doNotWait: Self { Self(rawValue: 1 << 2) }
    /// Lets the kernel choose a provided buffer.
    ///
    /// `IOSQE_BUFFER_SELECT`.
    @inlinable
    public static var selectBuffer: Self { Self(rawValue: 1 << 3) }
    /// Puts an accepted connection into the ring's direct table.
    ///
    /// Linux 5.19.
    @inlinable
    public static var intoDirectTable: Self { Self(rawValue: 1 << 4) }
    /// Does not complete a stream send before everything went out.
    ///
    /// `MSG_WAITALL`; for send since Linux 5.19.
    @inlinable
    public static var waitForAll: Self { Self(rawValue: 1 << 5) }
    /// Tells how long a datagram is, also where its end was cut off; of a receive of messages.
    ///
    /// `MSG_TRUNC`, by which TCP drops the bytes instead (tcp(7)).
    @inlinable
    public static var fullLength: Self { Self(rawValue: 1 << 6) }
  }

  /// Whether the request stays armed after a completion.
  @inlinable
  public var isMultishot: Bool { options.contains(.multishot) }
}
