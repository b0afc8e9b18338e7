// SPDX-License-Identifier: Apache-2.0

/// How much room a received message's header has for the sender's address and for control messages.
///
/// A multishot receive places both in the buffer, in front of the bytes, at these sizes whatever has
/// come (io_uring_prep_recvmsg_multishot(3)).
public struct MessageLayout: Hashable, Sendable {
  /// Bytes for the sender's address.
  public let nameByteCount: Int
  /// Bytes for control messages.
  public let controlByteCount: Int

  /// Bytes of `struct io_uring_recvmsg_out`.
  public static let headerByteCount = 16
  /// The most that either part may have.
  public static let partByteLimit = 1 << 16

  /// Describes a layout.
  ///
  /// - Parameters:
  ///   - nameByteCount: Bytes for the sender's address, from 0 to ``partByteLimit``.
  ///   - controlByteCount: Bytes for control messages, from 0 to ``partByteLimit``.
  public init(nameByteCount: Int, controlByteCount: Int) {
    let sizes = 0...Self.partByteLimit
    precondition(
      sizes.contains(nameByteCount) && sizes.contains(controlByteCount),
      "\(nameByteCount) and \(controlByteCount) bytes of a message's header")
    self.nameByteCount = nameByteCount
    self.controlByteCount = controlByteCount
  }

  /// Bytes in front of the message's own.
  public var prefixByteCount: Int { Self.headerByteCount + nameByteCount + controlByteCount }
}
