// SPDX-License-Identifier: Apache-2.0

extension Request {
  /// Receives one message into the memory that a `msghdr` names.
  ///
  /// - Parameters:
  ///   - socket: The socket.
  ///   - message: A `msghdr`; it, its vectors and all memory that it names are the kernel's until the
  ///     completion, which leaves the sizes of name and control messages, and the flags, in it.
  ///   - options: How to receive. With ``Options/fullLength`` the result is the size of the whole
  ///     datagram.
  /// - Returns: The request.
  ///
  /// The corresponding C function is `io_uring_prep_recvmsg` (Linux 5.3).
  @unsafe @inlinable
  public static func receiveMessage(
    _ socket: Descriptor, into message: UnsafeMutableRawPointer, options: Options = []
  ) -> Self {
    Self(
      .receiveMessage, on: socket, options: options,
      operand: UInt64(UInt(bitPattern: message)))
  }

  /// Receives one message, with its bytes in a buffer that the kernel chooses from a group once they
  /// are there.
  ///
  /// A message of 0 bytes takes no buffer.
  ///
  /// - Parameters:
  ///   - socket: The socket.
  ///   - message: A `msghdr` with one vector, whose size limits the bytes and whose address nobody
  ///     reads (io_recvmsg_prep). It and the memory for name and control messages are the kernel's
  ///     until the completion, which leaves their sizes and the flags in it.
  ///   - bufferGroup: The group.
  ///   - options: How to receive.
  /// - Returns: The request.
  ///
  /// The corresponding C function is `io_uring_prep_recvmsg` with `IOSQE_BUFFER_SELECT` (Linux 5.7).
  @unsafe @inlinable
  public static func receiveMessage(
    _ socket: Descriptor, template message: UnsafeMutableRawPointer, bufferGroup: UInt16,
    options: Options = []
  ) -> Self {
    Self(
      .receiveMessage, on: socket, options: options.union(.selectBuffer),
      bufferGroup: bufferGroup, operand: UInt64(UInt(bitPattern: message)))
  }

  /// Receives messages again and again, each with its header in a buffer that the kernel chooses.
  ///
  /// ``ReceivedMessage`` reads the buffer. A message of 0 bytes ends the request with a success
  /// (io_recvmsg_multishot), which is no end of a socket of datagrams.
  ///
  /// - Parameters:
  ///   - socket: The socket.
  ///   - message: A `msghdr` that says how much room a buffer has for the sender's address
  ///     (`msg_namelen`) and for control messages (`msg_controllen`); its pointers are not used. In
  ///     place until the last completion.
  ///   - bufferGroup: The group. A buffer without room for header, address and control messages is
  ///     EFAULT.
  ///   - options: How to receive. With ``Options/fullLength`` the header tells the size of the whole
  ///     datagram.
  /// - Returns: The request.
  ///
  /// The corresponding C function is `io_uring_prep_recvmsg_multishot` (Linux 6.0).
  @unsafe @inlinable
  public static func receiveMessageMultishot(
    _ socket: Descriptor, template message: UnsafeMutableRawPointer, bufferGroup: UInt16,
    options: Options = []
  ) -> Self {
    unsafe .receiveMessage(
      socket, template: message, bufferGroup: bufferGroup, options: options.union(.multishot))
  }
}
