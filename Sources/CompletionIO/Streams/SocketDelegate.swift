// SPDX-License-Identifier: Apache-2.0

public import Uring

/// Is notified of what happens to a stream, on its loop's thread: a connection with its own state.
///
/// A server subclasses it and makes an object for each stream, so that the state of a connection is
/// its properties, and a notification is a call of a method:
///
/// ```swift
/// final class Lines: SocketDelegate {
///   var count = 0
///
///   override func received(_ lease: consuming BufferLease, on stream: SocketStream) {
///     for index in 0..<lease.byteCount where lease[index] == 10 { count += 1 }
///     stream.enqueue(copying: Array("\(count)\n".utf8))
///   }
/// }
///
/// try listener.handle { _ in Lines() }
/// ```
///
/// For each stream ``opened(_:)`` comes first and ``closed(_:)`` last, each once; behind that the
/// stream has let the delegate go. Every method may use the stream as it likes: close, abort or
/// reset it, pause it, give it away. A delegate that is used on the loop's thread only needs not be
/// `Sendable`; one that timers or other threads refer to declares `@unchecked Sendable`, and is used
/// on the loop's thread all the same.
open class SocketDelegate {
  /// Makes a delegate.
  public init() {}

  /// Notified first: the stream was accepted, connected or adopted, and receives from now on.
  ///
  /// Is left out for a stream that is closed already when it is started.
  ///
  /// - Parameter stream: The stream.
  open func opened(_ stream: SocketStream) {}

  /// Notified of each piece of received bytes; drops it unless overridden.
  ///
  /// - Parameters:
  ///   - lease: The bytes; their buffer returns to the pool when the lease ends.
  ///   - stream: The stream that they came on.
  open func received(_ lease: consuming BufferLease, on stream: SocketStream) {}

  /// Notified once, when nothing more will be received; closes the stream unless overridden.
  ///
  /// - Parameters:
  ///   - error: Why; `nil` at the end of the stream, where the peer may go on to receive. After the
  ///     program's own close it says so (`.closed`), and that a limit has passed (`.timeout`).
  ///   - stream: The stream; without an error it is open for sending until it is closed.
  open func ended(_ error: SocketError?, on stream: SocketStream) { stream.close() }

  /// Notified once of each send that was queued with a context.
  ///
  /// - Parameters:
  ///   - completion: The context, and whether the bytes are out.
  ///   - stream: The stream that they were queued on.
  open func sent(_ completion: SendCompletion, on stream: SocketStream) {}

  /// Notified when so many queued bytes are out that no more than the low-water mark are left, after
  /// there were more than the high-water mark (``SocketStream/setUnsentMarks(low:high:)``).
  ///
  /// - Parameter stream: The stream, which receives again from now on.
  open func drained(_ stream: SocketStream) {}

  /// Notified once that the group drains (``CompletionLoopGroup/drain(grace:)``), and so waits for
  /// the end of the stream.
  ///
  /// - Parameter stream: An accepted stream; a server closes it when what has begun is answered.
  open func draining(_ stream: SocketStream) {}

  /// Decides what follows when nothing has moved for as long as a limit allows
  /// (``SocketStream/setIdleLimits(_:)``).
  ///
  /// - Parameters:
  ///   - direction: Where nothing has moved.
  ///   - stream: The stream.
  /// - Returns: Whether the stream goes on, and the time begins anew. If not, ``ended(_:on:)`` says
  ///   ETIMEDOUT with the cause `.timeout`, and the stream is aborted. That is what happens unless
  ///   overridden.
  open func mayGoOn(idle direction: IdleDirection, on stream: SocketStream) -> Bool { false }

  /// Notified once for each stream, last, when its descriptor is free.
  ///
  /// - Parameter stream: The stream, which lets the delegate go behind this.
  open func closed(_ stream: SocketStream) {}
}
