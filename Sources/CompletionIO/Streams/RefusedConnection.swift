// SPDX-License-Identifier: Apache-2.0

public import Uring

/// A connection that a listener has accepted and does not serve.
public struct RefusedConnection: Sendable {
  /// The other end's address; `nil` where the kernel does not tell.
  public let peerAddress: SocketAddress?
  /// Why it is not served.
  public let reason: Reason
  /// The connection, if it can be told something.
  let stream: SocketStream?

  /// A reason why a connection is not served.
  public enum Reason: Hashable, Sendable {
    /// As many are served on the loop as is allowed (``ServeLimits/connectionsPerLoop``).
    case limit
    /// The listener has closed, or its loop stops.
    case closing
    /// The socket did not take the options of the listener's connections.
    case options
  }

  /// Sends the peer a few bytes before the connection is closed.
  ///
  /// As far as the kernel takes them: the connection is closed a second later at the latest. Without
  /// a goodbye it is reset. Only a connection that is refused for the ``Reason/limit`` can be told.
  ///
  /// - Parameter bytes: Copied before the call returns.
  public func sendGoodbye(_ bytes: RawSpan) {
    stream?.enqueue(copying: bytes)
  }

  /// Sends the peer the bytes of an array before the connection is closed.
  ///
  /// - Parameter bytes: Copied before the call returns.
  public func sendGoodbye(_ bytes: [UInt8]) {
    stream?.enqueue(copying: bytes)
  }

  /// How long the end of a connection with a goodbye may take.
  static let linger = LingerLimit(duration: .seconds(1), byteCount: 1 << 16)
}

extension SocketStream {
  /// Refuses the connection: tells the program so, which may say goodbye, and closes it.
  func refuse(
    _ reason: RefusedConnection.Reason, _ onRefused: ((RefusedConnection) -> Void)?
  ) {
    onRefused?(RefusedConnection(peerAddress: peerAddress, reason: reason, stream: self))
    if sending.isEmpty { reset() } else { close(lingering: RefusedConnection.linger) as Void }
  }
}
