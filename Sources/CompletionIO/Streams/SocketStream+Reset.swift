// SPDX-License-Identifier: Apache-2.0

internal import Uring

extension SocketStream {
  /// Resets the connection and closes the stream at once: queued sends and bytes that the kernel has
  /// not delivered are lost, and the peer is told ECONNRESET.
  ///
  /// For a peer that must not take what it has received for all. A Unix-domain stream, and one on a
  /// direct descriptor, which no system call can name, closes as by ``abort()``.
  ///
  /// The corresponding C functions are `setsockopt` with `SO_LINGER` and no time, and `close`.
  public func reset() {
    onLoop { stream in
      switch stream.closing {
      case .open, .draining, .lingering, .stopping: break
      // The descriptor may be another's already.
      case .releasing, .closed: return
      }
      if let file = stream.descriptor.fileDescriptor {
        // A socket that refuses it is closed all the same.
        try? stream.loop.socketCalls.setOptions(
          [SocketSetting(.linger, Duration.zero)], on: file, stream.peerAddress)
      }
      stream.abort()
    }
  }
}
