// SPDX-License-Identifier: Apache-2.0

public import SystemPackage
internal import Uring

extension StreamConnection {
  /// Makes a connection of a connected socket that somebody else has made.
  ///
  /// The socket may be blocking or O_NONBLOCK. Its status flags stay as they are, because they
  /// belong to the open file, which other processes may share; children of this process do not
  /// inherit the descriptor any more (`FD_CLOEXEC`).
  ///
  /// - Parameters:
  ///   - descriptor: Belongs to the connection from now on; stays the caller's if this throws.
  ///   - loop: The connection belongs to it.
  ///   - policy: What the connection does when the kernel says "not now".
  /// - Returns: The connection.
  /// - Throws: ``SocketError`` with the cause `.unsuitable` and EBADF for a number that is not open,
  ///   ENOTSOCK for what is no socket, ESOCKTNOSUPPORT for no stream socket, EAFNOSUPPORT for another
  ///   family, ENOTCONN for a socket that is not connected; ENOBUFS, ESHUTDOWN.
  ///
  /// The corresponding C functions are `getsockopt`, `getpeername` and `fcntl`.
  public static func adopt(
    _ descriptor: FileDescriptor, on loop: CompletionLoop, policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> StreamConnection {
    try await loop.isolation.run { _ throws(SocketError) in
      StreamConnection(try SocketStream.adopt(descriptor, on: loop, policy: policy))
    }
  }

  /// Gives the socket away: the connection is closed for everybody else, and the descriptor stays
  /// open.
  ///
  /// Queued sends go out first, up to ``LoopConfiguration/drainTimeLimit``; what is left then is
  /// lost, and its senders are told. Returns when the kernel has given back everything. Like
  /// ``close(lingering:)`` it is not cut short by the cancellation of its task.
  ///
  /// - Returns: The descriptor, and what has been received from it.
  /// - Throws: ``SocketError`` with EBUSY while a task receives, EOPNOTSUPP for a direct descriptor,
  ///   EBADF when the connection is closed or being closed, ESHUTDOWN when its loop is stopping: then
  ///   the descriptor is closed with the connection.
  public func giveAway() async throws(SocketError) -> GivenDescriptor {
    let stream = stream
    return try await stream.loop.isolation.run { _ throws(SocketError) in
      try stream.prepareToGiveAway()
      while !stream.hasReceiveBack {
        await stream.loop.passTurn()
        try stream.checkMayGiveAway()
      }
      let unread = stream.takeUnread()
      guard let descriptor = stream.descriptor.fileDescriptor, let wait = stream.letGo() else {
        throw stream.error(.giveAway, .closed)
      }
      await stream.loop.suspend(for: wait)
      _ = await stream.loop.takeResult(wait)
      return GivenDescriptor(descriptor: descriptor, unread: unread)
    }
  }
}
