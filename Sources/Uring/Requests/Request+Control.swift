// SPDX-License-Identifier: Apache-2.0

public import SystemPackage

extension Request {
  /// Completes at once.
  ///
  /// The corresponding C function is `io_uring_prep_nop` (Linux 5.1).
  public static var nop: Self { Self(.nop) }

  /// Completes after a time, unless ``cancel(_:)`` ends it earlier.
  ///
  /// Its only completion says -ETIME, or -ECANCELED. A loop keeps its own deadlines, which cost no
  /// request; this is for programs on a bare ring.
  ///
  /// - Parameter duration: On `CLOCK_MONOTONIC`, from when the kernel takes the request; below zero
  ///   is zero, and more than 292 years are 292.
  /// - Returns: The request, which holds the time as a value.
  ///
  /// The corresponding C function is `io_uring_prep_timeout` (Linux 5.4).
  public static func timeout(after duration: Duration) -> Self {
    Self(.timeout, operand: UInt64(duration.clampedNanoseconds))
  }

  /// Ends, after a time, the request that was prepared just before it, with a link to this one.
  ///
  /// Alone it is -EINVAL, so that only ``Ring/prepare(_:token:timeout:timeoutToken:)`` makes it.
  package static func linkTimeout(after duration: Duration) -> Self {
    Self(.linkTimeout, operand: UInt64(duration.clampedNanoseconds))
  }

  /// Waits for readiness.
  ///
  /// With ``Options/multishot`` each new arrival completes once (edge-triggered).
  ///
  /// - Parameters:
  ///   - descriptor: What to watch.
  ///   - mask: `POLLIN`, `POLLOUT` and so on. `POLLERR` and `POLLHUP` are added, and since Linux
  ///     5.13 `POLLRDHUP` (io_init_poll_iocb), so a poll for 0 waits for the end of the peer's half.
  ///   - options: `[]` or `.multishot`.
  /// - Returns: The request.
  ///
  /// The corresponding C functions are `io_uring_prep_poll_add` (Linux 5.1) and
  /// `io_uring_prep_poll_multishot` (Linux 5.13).
  @inlinable
  public static func poll(
    _ descriptor: Descriptor, mask: UInt32, options: Options = []
  ) -> Self {
    Self(.poll, on: descriptor, options: options, count: mask)
  }

  /// Ends a poll.
  ///
  /// The corresponding C function is `io_uring_prep_poll_remove` (Linux 5.1).
  @inlinable
  public static func removePoll(_ token: Token) -> Self {
    Self(.pollRemove, operand: token.rawValue)
  }

  /// Asks for a request to be ended; the request's own final completion follows separately.
  ///
  /// The corresponding C function is `io_uring_prep_cancel64` (Linux 5.5), without flags, which
  /// every kernel takes.
  @inlinable
  public static func cancel(_ token: Token) -> Self {
    Self(.cancel, operand: token.rawValue)
  }

  /// Asks for every request of the ring to be ended; each still completes on its own.
  ///
  /// The corresponding C function is `io_uring_prep_cancel64` with `IORING_ASYNC_CANCEL_ANY`
  /// (Linux 5.19).
  public static var cancelAll: Self { Self(.cancel, count: 1) }

  /// Reads from a file, such as an eventfd, into memory that is the kernel's until the completion.
  ///
  /// A request moves less than 2 GiB (MAX_RW_COUNT), and its result says how much.
  ///
  /// The corresponding C function is `io_uring_prep_read` (Linux 5.6).
  @unsafe @inlinable
  public static func read(
    _ descriptor: Descriptor, into memory: UnsafeMutableRawPointer, byteCount: Int
  ) -> Self {
    Self(
      .read, on: descriptor, count: movedByteLimit(byteCount),
      operand: UInt64(UInt(bitPattern: memory)))
  }

  /// Closes a descriptor, or empties a place of the direct table.
  ///
  /// The kernel answers -EINVAL to a place that the table does not have.
  ///
  /// The corresponding C functions are `io_uring_prep_close` (Linux 5.6) and
  /// `io_uring_prep_close_direct` (Linux 5.15).
  @inlinable
  public static func close(_ descriptor: Descriptor) -> Self {
    Self(.close, on: descriptor)
  }

  /// Posts a completion with a token and a value on another ring.
  ///
  /// The corresponding C function is `io_uring_prep_msg_ring` (Linux 5.18).
  @inlinable
  public static func message(
    toRing ring: FileDescriptor, token: Token, value: UInt32
  ) -> Self {
    Self(.message, on: .file(ring), count: value, operand: token.rawValue)
  }
}

extension Request {
  /// The same request for what is left after some bytes have moved.
  ///
  /// - Parameter byteCount: Bytes already moved; more than ``count`` leave nothing. Not for
  ///   `.sendMessage`, whose pieces the sender gathers again.
  /// - Returns: The request for the bytes behind them.
  public func advanced(by byteCount: UInt32) -> Self {
    assert(operation != .sendMessage, "a gathered send is gathered again")
    var rest = self
    let moved = min(byteCount, count)
    rest.count -= moved
    rest.operand &+= UInt64(moved)
    return rest
  }
}

extension Request {
  /// Resets a TCP connection: the kernel lets go of all bytes that the peer has not acknowledged.
  ///
  /// A connect to no family (AF_UNSPEC, connect(2)); tcp_disconnect.
  package static func disconnect(_ socket: Descriptor) -> Self {
    unsafe .connect(socket, to: noFamily, byteCount: MemoryLayout<UInt16>.size)
  }

  /// Whether the request is a ``disconnect(_:)``; an address has more bytes than its family.
  package var disconnects: Bool {
    operation == .connect && Int(count) == MemoryLayout<UInt16>.size
  }

  /// A `sa_family_t` of 0 that stays for as long as the process.
  nonisolated(unsafe) private static let noFamily: UnsafeRawPointer = {
    let memory = UnsafeMutablePointer<UInt16>.allocate(capacity: 1)
    unsafe memory.initialize(to: 0)
    return UnsafeRawPointer(memory)
  }()

  /// A zero-copy send as one that copies.
  package var copying: Self {
    assert(operation == .sendZeroCopy, "\(operation) copies already")
    return Self(
      .send, on: descriptor, options: options, count: count, operand: operand)
  }
}
