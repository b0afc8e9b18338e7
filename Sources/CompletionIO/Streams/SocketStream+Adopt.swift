// SPDX-License-Identifier: Apache-2.0

public import SystemPackage
internal import Uring

extension SocketStream {
  /// Makes a stream of a connected socket that somebody else has made; on the loop's thread.
  ///
  /// The socket may be blocking or O_NONBLOCK. Its status flags stay as they are, because they
  /// belong to the open file, which other processes may share; children of this process do not
  /// inherit the descriptor any more (`FD_CLOEXEC`).
  ///
  /// - Parameters:
  ///   - descriptor: Belongs to the stream from now on; stays the caller's if this throws.
  ///   - loop: The loop of the stream.
  ///   - policy: What the stream does when the kernel says "not now".
  /// - Returns: A stream to start.
  /// - Throws: ``SocketError`` with the cause `.unsuitable` and EBADF for a number that is not open,
  ///   ENOTSOCK for what is no socket, ESOCKTNOSUPPORT for no stream socket, EAFNOSUPPORT for another
  ///   family, ENOTCONN for a socket that is not connected; EXDEV on another thread than the loop's,
  ///   ENOBUFS, ESHUTDOWN.
  ///
  /// The corresponding C functions are `getsockopt`, `getpeername` and `fcntl`.
  public static func adopt(
    _ descriptor: FileDescriptor, on loop: CompletionLoop, policy: ResubmissionPolicy? = nil
  ) throws(SocketError) -> SocketStream {
    guard loop.isCurrent else { throw SocketError(.adopt, .improperLink, cause: .wrongThread) }
    guard !loop.isStopping else { throw .loopStopped(.adopt) }
    guard loop.streams.hasRoomForConnect else { throw .tableFull(.adopt) }
    let (local, peer) = try SocketFactory(loop.socketCalls).inspect(descriptor, as: .connection)
    loop.socketCalls.closeOnExec(descriptor)
    return SocketStream(
      .file(descriptor), on: loop, peer: peer, local: SharedAddress(local),
      policy: policy)
  }
}
