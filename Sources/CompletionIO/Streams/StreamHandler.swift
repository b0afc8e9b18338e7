// SPDX-License-Identifier: Apache-2.0

public import Uring

/// Is notified of what happens to streams by calling functions, on their loops' threads.
///
/// One value serves any number of streams; ``SocketStream/context`` tells them apart. A server that
/// keeps state for each connection subclasses ``SocketDelegate``.
public final class StreamHandler: SocketDelegate, @unchecked Sendable {
  // Unchecked: nothing of it changes.

  private let onReceived: @Sendable (SocketStream, consuming BufferLease) -> Void
  private let onEnded: @Sendable (SocketStream, SocketError?) -> Void
  private let onSent: @Sendable (SocketStream, SendCompletion) -> Void
  private let onDrained: @Sendable (SocketStream) -> Void
  private let onClosed: @Sendable (SocketStream) -> Void

  /// Makes a handler.
  ///
  /// - Parameters:
  ///   - received: Called with each piece of received bytes; the buffer returns to the pool when
  ///     the lease ends.
  ///   - ended: Called once for each stream, when nothing more will be received: without an error at
  ///     the end of the stream, else with the reason, which may be the program's own close. At the
  ///     end of the stream it is still open for sending; close it.
  ///   - sent: Called once for each send that was queued with a context before the stream closed.
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
    onReceived = received
    onEnded = ended
    onSent = sent
    onDrained = drained
    onClosed = closed
    super.init()
  }

  public override func received(_ lease: consuming BufferLease, on stream: SocketStream) {
    onReceived(stream, lease)
  }

  public override func ended(_ error: SocketError?, on stream: SocketStream) {
    onEnded(stream, error)
  }

  public override func sent(_ completion: SendCompletion, on stream: SocketStream) {
    onSent(stream, completion)
  }

  public override func drained(_ stream: SocketStream) { onDrained(stream) }

  public override func closed(_ stream: SocketStream) { onClosed(stream) }
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
