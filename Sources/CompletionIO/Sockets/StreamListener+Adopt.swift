// SPDX-License-Identifier: Apache-2.0

public import SystemPackage
internal import Uring

extension StreamListener {
  /// Makes a listener of a listening socket that somebody else has made.
  ///
  /// The socket may be blocking or O_NONBLOCK. Its status flags stay as they are, because they
  /// belong to the open file, which other processes may share; children of this process do not
  /// inherit the descriptor any more (`FD_CLOEXEC`).
  ///
  /// - Parameters:
  ///   - descriptor: Belongs to the listener from now on; stays the caller's if this throws.
  ///   - loop: Accepts.
  ///   - options: Of accepted connections (``SocketOptions/setOnAccepted(_:to:)``); nothing else of
  ///     them is used.
  ///   - policy: What ``accept()`` and accepted connections do when the kernel says "not now"; the
  ///     loop's if `nil`.
  /// - Returns: A listener that accepts nothing yet; connections wait in its backlog.
  /// - Throws: ``SocketError`` with the cause `.unsuitable` and EBADF for a number that is not open,
  ///   ENOTSOCK for what is no socket, ESOCKTNOSUPPORT for no stream socket, EAFNOSUPPORT for another
  ///   family, EINVAL for a socket that does not listen; ENOBUFS, ESHUTDOWN.
  ///
  /// The corresponding C functions are `getsockopt`, `getsockname` and `fcntl`.
  public static func adopt(
    _ descriptor: FileDescriptor, on loop: CompletionLoop,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil
  ) async throws(SocketError) -> StreamListener {
    try await loop.isolation.run { _ throws(SocketError) in
      guard !loop.isStopping else { throw .loopStopped(.adopt) }
      guard loop.streams.canAddAcceptor else { throw .tableFull(.adopt) }
      let (address, _) = try SocketFactory(loop.socketCalls).inspect(descriptor, as: .listener)
      try options.checkAccepted(at: address, on: [loop])
      loop.socketCalls.closeOnExec(descriptor)
      let acceptor = Acceptor(
        descriptor, at: address, on: loop, policy: policy, settings: options.acceptedSettings)
      acceptor.open()
      return StreamListener(
        [acceptor], address: address,
        queueLimit: loop.configuration.unclaimedConnectionLimit)
    }
  }
}
