public import SystemPackage
public import Uring

/// How an operation ended, after every resubmission.
public struct Outcome: Hashable, Sendable {
  /// Names the operation.
  public var token: Token
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
    byteCount: UInt32 = 0, isTimedOut: Bool = false
  ) {
    self.token = token
    self.result = result
    self.flags = flags
    self.attempts = attempts
    self.byteCount = byteCount
    self.isTimedOut = isTimedOut
  }

  /// The error, if the operation failed; ETIMEDOUT if its deadline passed.
  public var error: Errno? {
    guard result < 0 else { return nil }
    return isTimedOut ? .timedOut : Errno(rawValue: -result)
  }

  /// Whether the operation goes on and will end or answer again.
  public var hasMore: Bool { flags.contains(.more) }
}
