// SPDX-License-Identifier: Apache-2.0

public import SystemPackage
public import Uring

/// How an operation ended, after every resubmission.
public struct Outcome: Hashable, Sendable {
  /// Identifies the operation.
  public var token: Token
  /// The caller's word, from where the operation was submitted.
  public var context: UInt
  /// A count, a descriptor or 0; below zero, a negated errno.
  ///
  /// Of a send that took several submissions, the count of all bytes.
  public var result: Int32
  /// The flags of the completion that ended it.
  public var flags: Completion.Flags
  /// Submissions that it took, since the last that moved anything.
  public var attempts: Int
  /// Bytes that were received or sent, also when the operation failed in the end.
  public var byteCount: UInt32
  /// Whether its deadline passed.
  public var isTimedOut: Bool

  init(
    token: Token, result: Int32, flags: Completion.Flags = [], attempts: Int = 1,
    byteCount: UInt32 = 0, isTimedOut: Bool = false, context: UInt = 0
  ) {
    self.token = token
    self.context = context
    self.result = result
    self.flags = flags
    self.attempts = attempts
    self.byteCount = byteCount
    self.isTimedOut = isTimedOut
  }

  /// The error, if the operation failed; ETIMEDOUT if its deadline passed.
  public var error: Errno? {
    guard result < 0 else { return nil }
    return isTimedOut ? .timedOut : Errno(rawValue: 0 &- result)
  }

  /// The provided buffer that the kernel took, if any.
  var bufferIndex: UInt16? {
    flags.contains(.buffer) ? UInt16(truncatingIfNeeded: flags.rawValue >> 16) : nil
  }

  /// Whether the operation goes on and will end or answer again.
  public var hasMore: Bool { flags.contains(.more) }
}

extension Outcome {
  /// Whether the answer says nothing about the socket: what an operation that was cancelled may end
  /// with.
  ///
  /// EINTR is the answer of a worker thread of the kernel that the cancel found waiting
  /// (io_wq_cancel_cb).
  package var isTransient: Bool {
    switch Errno(rawValue: 0 &- result) {
    case .canceled, .noBufferSpace, .noMemory, .interrupted, .resourceTemporarilyUnavailable: true
    default: false
    }
  }
}
