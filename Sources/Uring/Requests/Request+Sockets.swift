// SPDX-License-Identifier: Apache-2.0

extension Request {
  /// Takes one connection from a listener's queue.
  ///
  /// The corresponding C function is `io_uring_prep_accept` (Linux 5.5).
  @inlinable
  public static func accept(from listener: Descriptor, options: Options = []) -> Self {
    Self(.accept, on: listener, options: options)
  }

  /// Takes one connection from a listener's queue, and stores its peer's address.
  ///
  /// The way to a peer's address for a connection of the direct table, of which no system call can
  /// ask.
  ///
  /// - Parameters:
  ///   - listener: The listener.
  ///   - options: How to accept; without ``Options/multishot``, whose completions would share the
  ///     memory.
  ///   - memory: Room for a `sockaddr_storage` (128 bytes) and, right behind it, a `socklen_t` (4
  ///     bytes) that holds 128; aligned to 8 bytes. It is the kernel's until the completion, whose
  ///     success leaves the address's size in the `socklen_t`.
  /// - Returns: The request.
  ///
  /// The corresponding C functions are `io_uring_prep_accept` (Linux 5.5) and
  /// `io_uring_prep_accept_direct` (Linux 5.19).
  @unsafe @inlinable
  public static func accept(
    from listener: Descriptor, options: Options = [], addressInto memory: UnsafeMutableRawPointer
  ) -> Self {
    Self(
      .accept, on: listener, options: options.subtracting(.multishot),
      operand: UInt64(UInt(bitPattern: memory)))
  }

  /// Takes connections from a listener's queue until it is cancelled or fails.
  ///
  /// The corresponding C function is `io_uring_prep_multishot_accept` (Linux 5.19).
  @inlinable
  public static func acceptMultishot(from listener: Descriptor, options: Options = []) -> Self {
    Self(.accept, on: listener, options: options.union(.multishot))
  }

  /// Connects a socket.
  ///
  /// - Parameters:
  ///   - socket: The socket; in blocking mode.
  ///   - address: A `sockaddr`; the kernel reads it when the request is submitted.
  ///   - byteCount: The `sockaddr`'s size in bytes; the kernel answers -EINVAL to impossible ones.
  /// - Returns: The request.
  ///
  /// The corresponding C function is `io_uring_prep_connect` (Linux 5.5).
  @unsafe @inlinable
  public static func connect(
    _ socket: Descriptor, to address: UnsafeRawPointer, byteCount: Int
  ) -> Self {
    Self(
      .connect, on: socket, count: UInt32(clamping: byteCount),
      operand: UInt64(UInt(bitPattern: address)))
  }

  /// Receives into the caller's memory, which is the kernel's until the completion.
  ///
  /// A request moves less than 2 GiB (MAX_RW_COUNT). Of larger memory it fills only the beginning,
  /// and its result says how much.
  ///
  /// The corresponding C function is `io_uring_prep_recv` (Linux 5.6).
  @unsafe @inlinable
  public static func receive(
    _ socket: Descriptor, into memory: UnsafeMutableRawPointer, byteCount: Int,
    options: Options = []
  ) -> Self {
    Self(
      .receive, on: socket, options: options, count: movedByteLimit(byteCount),
      operand: UInt64(UInt(bitPattern: memory)))
  }

  /// Receives into a buffer that the kernel chooses from a group once data is there.
  ///
  /// The corresponding C function is `io_uring_prep_recv` with `IOSQE_BUFFER_SELECT` (Linux 5.7).
  @inlinable
  public static func receive(
    _ socket: Descriptor, bufferGroup: UInt16, options: Options = []
  ) -> Self {
    Self(
      .receive, on: socket, options: options.union(.selectBuffer), bufferGroup: bufferGroup)
  }

  /// Receives again and again into buffers that the kernel chooses from a group.
  ///
  /// The corresponding C function is `io_uring_prep_recv_multishot` (Linux 6.0).
  @inlinable
  public static func receiveMultishot(
    _ socket: Descriptor, bufferGroup: UInt16, options: Options = []
  ) -> Self {
    .receive(socket, bufferGroup: bufferGroup, options: options.union(.multishot))
  }

  /// Sends memory, which is the kernel's to read until the completion.
  ///
  /// A request moves less than 2 GiB (MAX_RW_COUNT). Of larger memory it sends only the beginning,
  /// and its result says how much; ``advanced(by:)`` does not know of the rest.
  ///
  /// The corresponding C function is `io_uring_prep_send` (Linux 5.6).
  @unsafe @inlinable
  public static func send(
    _ memory: UnsafeRawPointer, byteCount: Int, to socket: Descriptor, options: Options = []
  ) -> Self {
    Self(
      .send, on: socket, options: options, count: movedByteLimit(byteCount),
      operand: UInt64(UInt(bitPattern: memory)))
  }

  /// Sends pieces of memory gathered by a `msghdr`.
  ///
  /// - Parameters:
  ///   - message: A `msghdr`; it and its vectors are read at submission
  ///     (`IORING_FEAT_SUBMIT_STABLE`, Linux 5.5), the pieces until the completion.
  ///   - byteCount: The sum of the pieces, in bytes; a request moves less than 2 GiB (MAX_RW_COUNT)
  ///     of them.
  ///   - socket: The socket; in blocking mode.
  ///   - options: How to send.
  /// - Returns: The request.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` (Linux 5.3).
  @unsafe @inlinable
  public static func sendMessage(
    _ message: UnsafeRawPointer, byteCount: Int, to socket: Descriptor, options: Options = []
  ) -> Self {
    Self(
      .sendMessage, on: socket, options: options, count: movedByteLimit(byteCount),
      operand: UInt64(UInt(bitPattern: message)))
  }

  /// Sends memory without copying it; the memory is free at the notification, not before.
  ///
  /// A request moves less than 2 GiB, as ``send(_:byteCount:to:options:)`` does.
  ///
  /// The corresponding C function is `io_uring_prep_send_zc` (Linux 6.0).
  @unsafe @inlinable
  public static func sendZeroCopy(
    _ memory: UnsafeRawPointer, byteCount: Int, to socket: Descriptor, options: Options = []
  ) -> Self {
    Self(
      .sendZeroCopy, on: socket, options: options, count: movedByteLimit(byteCount),
      operand: UInt64(UInt(bitPattern: memory)))
  }

  /// Ends one or both directions of a socket.
  ///
  /// - Parameters:
  ///   - socket: The socket.
  ///   - direction: `SHUT_RD`, `SHUT_WR` or `SHUT_RDWR`; the kernel answers -EINVAL to others.
  /// - Returns: The request.
  ///
  /// The corresponding C function is `io_uring_prep_shutdown` (Linux 5.11). The kernel always
  /// hands it to a worker thread (`REQ_F_FORCE_ASYNC`), so `shutdown(2)` is cheaper where there is
  /// an ordinary descriptor.
  @inlinable
  public static func shutdown(_ socket: Descriptor, direction: Int32) -> Self {
    Self(.shutdown, on: socket, count: UInt32(exactly: direction) ?? UInt32(Int32.max))
  }
}

extension Request {
  /// How many bytes a request is made for: what fits in the kernel's `int`, and nothing below zero.
  @inlinable
  static func movedByteLimit(_ byteCount: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: max(0, min(byteCount, Int(Int32.max))))
  }
}
