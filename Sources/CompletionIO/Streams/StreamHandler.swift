public import Uring

/// Is notified of what happens to streams, on their loops' threads: the face for framework authors.
///
/// One value serves any number of streams; ``SocketStream/context`` tells them apart.
public final class StreamHandler: Sendable {
  let received: @Sendable (SocketStream, consuming BufferLease) -> Void
  let ended: @Sendable (SocketStream, SocketError?) -> Void
  let sent: @Sendable (SocketStream, SendCompletion) -> Void
  let drained: @Sendable (SocketStream) -> Void
  let closed: @Sendable (SocketStream) -> Void

  /// Makes a handler.
  ///
  /// - Parameters:
  ///   - received: Called with each piece of received bytes; the buffer returns to the pool when
  ///     the lease ends.
  ///   - ended: Called once for each stream, when nothing more will be received: without an error at
  ///     the end of the stream, else with the reason, which may be the program's own close. At the
  ///     end of the stream it is still open for sending; close it.
  ///   - sent: Called once for each send that was queued with a context.
  ///   - drained: Called when so many queued bytes are out that no more than the low-water mark are
  ///     left, after there were more than the high-water mark (``SocketStream/setUnsentMarks(low:high:)``).
  ///   - closed: Called once for each stream, last, when its descriptor is free.
  public init(
    received: @escaping @Sendable (SocketStream, consuming BufferLease) -> Void,
    ended: @escaping @Sendable (SocketStream, SocketError?) -> Void,
    sent: @escaping @Sendable (SocketStream, SendCompletion) -> Void = { _, _ in },
    drained: @escaping @Sendable (SocketStream) -> Void = { _ in },
    closed: @escaping @Sendable (SocketStream) -> Void = { _ in }
  ) {
    self.received = received
    self.ended = ended
    self.sent = sent
    self.drained = drained
    self.closed = closed
  }

  func deliver(_ stream: SocketStream, _ lease: consuming BufferLease) {
    received(stream, lease)
  }
}

/// The result of a send that was queued with a context.
public struct SendCompletion: Hashable, Sendable {
  /// The caller's word.
  public let context: UInt
  /// Bytes that went out.
  public let byteCount: Int
  /// Why the rest did not; `nil` if all bytes went out.
  public let error: SocketError?
}
