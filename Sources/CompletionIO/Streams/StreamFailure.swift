// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage

/// Why something on a stream did not work.
///
/// A half's state holds one and is compared with each message, so it is a word.
struct StreamFailure: Hashable, Sendable {
  /// Submissions that it took.
  let attempts: Int32
  /// A negated errno; the kernel's are above -4096 (MAX_ERRNO).
  private let shortCode: Int16
  let cause: SocketError.Cause

  init(code: Int32, cause: SocketError.Cause = .kernel, attempts: Int32 = 1) {
    shortCode = Int16(clamping: code)
    self.cause = cause
    self.attempts = attempts
  }

  /// A negated errno.
  var code: Int32 { Int32(shortCode) }

  /// All of it in 56 bits.
  var packed: UInt64 {
    UInt64(UInt32(bitPattern: attempts)) | UInt64(UInt16(bitPattern: shortCode)) << 32
      | UInt64(cause.rawValue) << 48
  }

  init(packed: UInt64) {
    attempts = Int32(bitPattern: UInt32(truncatingIfNeeded: packed))
    shortCode = Int16(bitPattern: UInt16(truncatingIfNeeded: packed >> 32))
    cause = SocketError.Cause(rawValue: UInt8(truncatingIfNeeded: packed >> 48)) ?? .kernel
  }
}

extension StreamFailure {
  init(_ errno: Errno, _ cause: SocketError.Cause = .kernel) {
    self.init(code: -errno.rawValue, cause: cause)
  }

  /// The failure of a wait that has ended early.
  init(_ end: WaitEnd) {
    switch end {
    case .timedOut: self.init(.timedOut, .timeout)
    case .cancelled: self.init(.canceled, .cancellation)
    case .loopStopped: self.init(.socketShutdown, .loopStopped)
    }
  }

  static var closed: Self { Self(.badFileDescriptor, .closed) }
  static var loopStopped: Self { Self(.socketShutdown, .loopStopped) }
  static var tableFull: Self { Self(.noBufferSpace, .tableFull) }
  static var wouldBlock: Self { Self(.resourceTemporarilyUnavailable) }
  /// After the program's own end of the sending half.
  static var finished: Self { Self(.brokenPipe, .finished) }
  /// While another task does the same.
  static var busy: Self { Self(.resourceBusy, .busy) }
  static var reset: Self { Self(.connectionReset) }

  var errno: Errno { Errno(rawValue: -code) }

  /// Whether the failure proves that the connection is gone, whatever a receive says then.
  ///
  /// The kernel tells of a reset once. If a send was told, a receive sees an end like any other
  /// (tcp_recvmsg_locked).
  var isReset: Bool { cause == .kernel && (errno == .connectionReset || errno == .timedOut) }
}
