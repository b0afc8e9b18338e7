// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Options of a stream that is there; on the loop's thread, which alone knows whether the descriptor
// is still the stream's.
extension SocketStream {
  /// Reads an option; on the loop's thread.
  ///
  /// - Parameter option: Which option.
  /// - Returns: What the kernel says, which may be another value than was set.
  /// - Throws: ``SocketError`` with ENOPROTOOPT or EOPNOTSUPP for an option that the socket does not
  ///   have, EOPNOTSUPP for a direct descriptor; EBADF after ``close(lingering:)`` or ``abort()``.
  ///   EXDEV on another thread than the loop's.
  ///
  /// The corresponding C function is `getsockopt`. `SOCKET_URING_OP_GETSOCKOPT` (Linux 6.7), which
  /// the library does not use, would do it for a direct descriptor, of the level `SOL_SOCKET` only.
  public func option<Value>(_ option: SocketOption<Value>) throws(SocketError) -> Value {
    try self.option(option.reading)
  }

  /// Reads an option that the kernel alone decides; on the loop's thread.
  ///
  /// - Parameter option: Which option.
  /// - Returns: What the kernel says.
  /// - Throws: As ``option(_:)-(SocketOption<Value>)``.
  ///
  /// The corresponding C function is `getsockopt`.
  public func option<Value>(_ option: ReadOnlySocketOption<Value>) throws(SocketError) -> Value {
    let descriptor = try descriptor(for: .readOption, option.name)
    return try loop.socketCalls.readOption(option, of: descriptor, peerAddress)
  }

  /// Sets an option; on the loop's thread.
  ///
  /// - Parameters:
  ///   - option: Which option.
  ///   - value: What it becomes.
  /// - Throws: ``SocketError`` with ENOPROTOOPT or EOPNOTSUPP for an option that the socket does not
  ///   have, EOPNOTSUPP for a direct descriptor; ERANGE for a value that the option cannot have,
  ///   EINVAL for one that the kernel does not take, EPERM for one that needs more rights; EBADF after
  ///   ``close(lingering:)`` or ``abort()``. EXDEV on another thread than the loop's.
  ///
  /// The corresponding C function is `setsockopt`. `SOCKET_URING_OP_SETSOCKOPT` (Linux 6.7), which the
  /// library does not use, would do it for a direct descriptor.
  public func setOption<Value>(
    _ option: SocketOption<Value>, to value: Value
  ) throws(SocketError) {
    let descriptor = try descriptor(for: .setOption, option.name)
    try loop.socketCalls.setOptions([SocketSetting(option, value)], on: descriptor, peerAddress)
  }

  /// The descriptor, while it is open and the stream's.
  private func descriptor(
    for operation: SocketOperation, _ name: SocketOptionName
  ) throws(SocketError) -> FileDescriptor {
    guard loop.isCurrent else { throw failure(operation, name, .improperLink, .wrongThread) }
    guard closing == .open else {
      let failure: StreamFailure = loop.isStopping ? .loopStopped : .closed
      throw self.failure(operation, name, failure.errno, failure.cause)
    }
    guard let file = descriptor.fileDescriptor else {
      throw failure(operation, name, .notSupportedOnSocket, .directDescriptor)
    }
    return file
  }

  private func failure(
    _ operation: SocketOperation, _ name: SocketOptionName, _ errno: Errno,
    _ cause: SocketError.Cause
  ) -> SocketError {
    SocketError(operation, errno, cause: cause, peer: peerAddress, option: name)
  }
}
