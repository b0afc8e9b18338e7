internal import Uring

/// A suspended receiver.
@safe
struct Receiver {
  /// Another task than the owner's; `nil` if it is the owner that waits.
  var continuation: UnsafeContinuation<ReceiveEnd, Never>?
  /// Its deadline; a token of no operation for none.
  var timer = Token(rawValue: 0)
  /// Names it for its task's cancellation, and says where it wants the bytes.
  var handle: ReceiveHandle?

  var hasTimer: Bool { timer.rawValue != 0 }
}

/// How a receive ended: bytes, the end of the stream, or an error.
struct ReceiveEnd: Sendable {
  /// A byte count, 0 at the end of the stream, or a negated errno.
  var result: Int32
  var cause = SocketError.Cause.kernel
  /// Whether the lease is of the pool's.
  var isPooled = false
  /// The parts of a lease, if there are bytes.
  var bufferIndex: UInt16 = 0
  var address: UInt = 0
  var attempts: Int32 = 1
}
