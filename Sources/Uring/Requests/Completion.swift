// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
public import SystemPackage

/// The kernel's answer to one request.
///
/// Has the layout of `struct curing_kernel_cqe`: 16 bytes.
public struct Completion: Hashable, Sendable {
  /// The request this is about, unchanged, also when it failed.
  public var token: Token
  /// A count, a descriptor or 0; below zero, a negated errno.
  public var result: Int32
  /// The raw `flags` of the completion.
  public var flags: Flags

  /// Makes a completion, as a simulated kernel does.
  @inlinable
  public init(token: Token, result: Int32, flags: Flags = []) {
    self.token = token
    self.result = result
    self.flags = flags
  }

  /// The flags of a completion.
  ///
  /// The corresponding C names are `IORING_CQE_F_…`.
  public struct Flags: OptionSet, Hashable, Sendable {
    /// The kernel's bits; the upper 16 are a buffer index.
    public var rawValue: UInt32

    /// Wraps the kernel's bits.
    @inlinable
    public init(rawValue: UInt32) {
      self.rawValue = rawValue
    }

    /// A buffer was taken; its index is in the upper bits.
    ///
    /// `IORING_CQE_F_BUFFER`, Linux 5.7.
    @inlinable
    public static var buffer: Self { Self(rawValue: 1 << 0) }
    /// The request is still armed.
    ///
    /// `IORING_CQE_F_MORE`, Linux 5.13.
    @inlinable
    public static var more: Self { Self(rawValue: 1 << 1) }
    /// More was ready when this completed.
    ///
    /// `IORING_CQE_F_SOCK_NONEMPTY`, Linux 5.19.
    @inlinable
    public static var socketNonEmpty: Self { Self(rawValue: 1 << 2) }
    /// A zero-copy send has let go of its memory.
    ///
    /// `IORING_CQE_F_NOTIF`, Linux 6.0.
    @inlinable
    public static var notification: Self { Self(rawValue: 1 << 3) }
    /// The kernel keeps the provided buffer, and goes on filling it behind these bytes.
    ///
    /// `IORING_CQE_F_BUF_MORE`, Linux 6.12.
    @inlinable
    public static var bufferMore: Self { Self(rawValue: 1 << 4) }
  }
}

extension Completion {
  /// Whether the request stays with the kernel and will complete again.
  ///
  /// "Still armed" is told by `F_MORE` and by nothing else (io_uring_prep_recv(3)).
  @inlinable
  public var hasMore: Bool { flags.contains(.more) }

  /// The provided buffer that the kernel took for this completion, if any.
  ///
  /// "Buffer taken" is told by `F_BUFFER` and by nothing else: an error or an end of stream may
  /// carry a buffer or not.
  @inlinable
  public var bufferIndex: UInt16? {
    flags.contains(.buffer) ? UInt16(truncatingIfNeeded: flags.rawValue >> 16) : nil
  }

  /// Whether the kernel keeps the buffer of ``bufferIndex``, which is of a pool that is incremental
  /// (``BufferPool/isIncremental``) and has room left.
  @inlinable
  public var keepsBuffer: Bool { flags.contains(.bufferMore) }

  /// The error, if the result is one.
  ///
  /// Negated with overflow: a message from another ring has any result that its sender chose
  /// (`IORING_OP_MSG_RING`, io_uring_enter(2)).
  public var error: Errno? {
    result < 0 ? Errno(rawValue: 0 &- result) : nil
  }
}
