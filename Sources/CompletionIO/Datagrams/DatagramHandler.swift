// SPDX-License-Identifier: Apache-2.0

/// Is notified of what happens to sockets of datagrams, on their loops' threads: the face for
/// framework authors.
///
/// One value serves any number of sockets; ``DatagramEndpoint/context`` tells them apart.
public final class DatagramHandler: Sendable {
  let received: @Sendable (DatagramEndpoint, consuming Datagram) -> Void
  let failed: @Sendable (DatagramEndpoint, SocketError) -> Void
  let ended: @Sendable (DatagramEndpoint, SocketError?) -> Void
  let sent: @Sendable (DatagramEndpoint, SendCompletion) -> Void
  let drained: @Sendable (DatagramEndpoint) -> Void
  let closed: @Sendable (DatagramEndpoint) -> Void

  /// Makes a handler.
  ///
  /// - Parameters:
  ///   - received: Called with each datagram; its buffer returns to the pool when the datagram ends.
  ///   - failed: Called with an error that ends nothing: of a receive, which an earlier datagram has
  ///     led to (ECONNREFUSED on a connected socket), or of a send that was queued without a context.
  ///   - ended: Called once for each socket, when nothing more will be received: without an error
  ///     when the loop drains and after ``DatagramEndpoint/stopReceiving()``, else with the reason,
  ///     which may be the program's own close. A loop that drains waits for the close of a bound
  ///     socket, which is the program's to make once it has answered.
  ///   - sent: Called once for each send that was queued with a context.
  ///   - drained: Called when half of the room for queued sends is free again, after a send was
  ///     refused for want of room.
  ///   - closed: Called once for each socket, last, when its descriptor is free.
  public init(
    received: @escaping @Sendable (DatagramEndpoint, consuming Datagram) -> Void,
    failed: @escaping @Sendable (DatagramEndpoint, SocketError) -> Void = { _, _ in },
    ended: @escaping @Sendable (DatagramEndpoint, SocketError?) -> Void = { _, _ in },
    sent: @escaping @Sendable (DatagramEndpoint, SendCompletion) -> Void = { _, _ in },
    drained: @escaping @Sendable (DatagramEndpoint) -> Void = { _ in },
    closed: @escaping @Sendable (DatagramEndpoint) -> Void = { _ in }
  ) {
    self.received = received
    self.failed = failed
    self.ended = ended
    self.sent = sent
    self.drained = drained
    self.closed = closed
  }

  func deliver(_ endpoint: DatagramEndpoint, _ datagram: consuming Datagram) {
    received(endpoint, datagram)
  }
}
