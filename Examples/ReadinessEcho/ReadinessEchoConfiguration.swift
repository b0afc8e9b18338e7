// SPDX-License-Identifier: Apache-2.0

/// How a ``ReadinessEchoServer`` works.
public struct ReadinessEchoConfiguration: Hashable, Sendable {
  /// Bytes that one receive may deliver; the one buffer for it is shared by all connections.
  public var bufferByteCount: Int
  /// Most connections accepted before others are served again.
  public var acceptBatchLimit: Int
  /// How long accepting rests when descriptors or memory have run out, unless a connection ends
  /// earlier.
  public var acceptPause: Duration

  /// Describes a server.
  ///
  /// - Parameters:
  ///   - bufferByteCount: Bytes that one receive may deliver; at least 1.
  ///   - acceptBatchLimit: Most connections accepted at a time; at least 1.
  ///   - acceptPause: How long accepting rests when descriptors or memory have run out.
  public init(
    bufferByteCount: Int = 65536, acceptBatchLimit: Int = 256,
    acceptPause: Duration = .milliseconds(50)
  ) {
    precondition(bufferByteCount > 0, "a receive needs room for a byte")
    precondition(acceptBatchLimit > 0, "a batch needs a connection")
    self.bufferByteCount = bufferByteCount
    self.acceptBatchLimit = acceptBatchLimit
    self.acceptPause = acceptPause
  }
}
