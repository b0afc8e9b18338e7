// SPDX-License-Identifier: Apache-2.0

public import Uring

extension DatagramSocket {
  /// Sends bytes as one datagram, and returns when the kernel has taken it.
  ///
  /// The kernel reads the caller's memory; nothing is copied.
  ///
  /// - Parameters:
  ///   - bytes: Borrowed until the call returns; none for an empty datagram.
  ///   - address: Where to; the peer of a connected socket if `nil`.
  ///   - options: What the kernel is told of it.
  ///   - timeout: How long it may take; `nil` for as long as it takes.
  /// - Throws: ``SocketError`` with EMSGSIZE for more bytes than a datagram may have, EDESTADDRREQ
  ///   without an address, EAFNOSUPPORT or EINVAL for one that the socket cannot send to,
  ///   ECONNREFUSED that an earlier datagram has led to, ENETUNREACH, EHOSTUNREACH, EPERM (a
  ///   firewall), EACCES (``SocketOption/broadcast``), ETIMEDOUT, ECANCELED, EBADF after ``close()``;
  ///   under other policies than `.completion` also EAGAIN. None of them ends the socket.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` (Linux 5.3).
  public nonisolated(nonsending) func send(
    _ bytes: RawSpan, to address: SocketAddress? = nil,
    options: DatagramSendOptions = DatagramSendOptions(), timeout: Duration? = nil
  ) async throws(SocketError) {
    let memory = InputMemory(bytes)
    guard loop.isCurrent else {
      return try await loop.isolation.run { _ throws(SocketError) in
        try await self.send(memory, address, options, timeout)
      }
    }
    try await send(memory, address, options, timeout)
  }

  private nonisolated(nonsending) func send(
    _ bytes: InputMemory, _ address: SocketAddress?, _ options: DatagramSendOptions,
    _ timeout: Duration?
  ) async throws(SocketError) {
    await letOthersGoOn()
    let wait = try endpoint.send(bytes, to: address, options, timeout: timeout)
    if let failure = await result(of: wait).failure {
      throw endpoint.error(.send, failure, peer: address)
    }
  }

  /// Sends the bytes of an array as one datagram.
  ///
  /// - Parameters:
  ///   - bytes: Not copied.
  ///   - address: Where to; the peer of a connected socket if `nil`.
  ///   - options: What the kernel is told of it.
  ///   - timeout: How long it may take; `nil` for as long as it takes.
  /// - Throws: As the send of a `RawSpan`.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` (Linux 5.3).
  public nonisolated(nonsending) func send(
    _ bytes: [UInt8], to address: SocketAddress? = nil,
    options: DatagramSendOptions = DatagramSendOptions(), timeout: Duration? = nil
  ) async throws(SocketError) {
    unsafe try await send(bytes.span.bytes, to: address, options: options, timeout: timeout)
  }

  /// Sends bytes as one datagram by an instant.
  ///
  /// - Parameters:
  ///   - bytes: Borrowed until the call returns.
  ///   - address: Where to; the peer of a connected socket if `nil`.
  ///   - options: What the kernel is told of it.
  ///   - deadline: When the wait ends; if it has passed, nothing is sent.
  /// - Throws: As the send of a `RawSpan`; ETIMEDOUT with the cause `.timeout` at the deadline.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` (Linux 5.3).
  public nonisolated(nonsending) func send(
    _ bytes: RawSpan, to address: SocketAddress? = nil,
    options: DatagramSendOptions = DatagramSendOptions(), until deadline: LoopInstant
  ) async throws(SocketError) {
    let timeLeft = try await timeLeft(until: deadline, .send)
    try await send(bytes, to: address, options: options, timeout: timeLeft)
  }

  /// Queues received bytes to be sent as one datagram, and returns once they are queued.
  ///
  /// Waits while more than ``LoopConfiguration/unsentByteLimit`` is queued. Should the datagram not
  /// get out, ``flush(timeout:)`` tells so.
  ///
  /// - Parameters:
  ///   - lease: The bytes; the buffer returns to the pool when they are out.
  ///   - address: Where to; the peer of a connected socket if `nil`.
  ///   - options: What the kernel is told of it.
  ///   - timeout: How long to wait while too much is queued.
  /// - Throws: ``SocketError`` with ETIMEDOUT, ECANCELED, EBADF after ``close()``, EOPNOTSUPP for
  ///   segments of a Unix-domain socket.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` (Linux 5.3).
  public nonisolated(nonsending) func enqueue(
    _ lease: consuming BufferLease, to address: SocketAddress? = nil,
    options: DatagramSendOptions = DatagramSendOptions(), timeout: Duration? = nil
  ) async throws(SocketError) {
    let box = LeaseBox(lease)
    guard loop.isCurrent else {
      return try await loop.isolation.run { _ throws(SocketError) in
        try await self.enqueue(box, address, options, timeout)
      }
    }
    try await enqueue(box, address, options, timeout)
  }

  private nonisolated(nonsending) func enqueue(
    _ box: LeaseBox, _ address: SocketAddress?, _ options: DatagramSendOptions,
    _ timeout: Duration?
  ) async throws(SocketError) {
    guard let lease = box.take() else { return }
    try await waitForRoom(lease.byteCount, timeout)
    if let refusal = endpoint.sendRefusal(lease.byteCount, options) {
      throw endpoint.error(.send, refusal, peer: address)
    }
    endpoint.queue(lease, to: address, options, .nobody)
  }

  private nonisolated(nonsending) func waitForRoom(
    _ byteCount: Int, _ timeout: Duration?
  ) async throws(SocketError) {
    await letOthersGoOn()
    while let wait = try endpoint.waitForRoom(byteCount, timeout: timeout) {
      if let failure = await result(of: wait).failure { throw endpoint.error(.send, failure) }
    }
  }

  /// Queues a copy of bytes to be sent as one datagram, and returns once they are queued.
  ///
  /// - Parameters:
  ///   - bytes: Copied before the call returns or suspends.
  ///   - address: Where to; the peer of a connected socket if `nil`.
  ///   - options: What the kernel is told of it.
  ///   - timeout: How long to wait while too much is queued.
  /// - Throws: As the one of a lease.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` (Linux 5.3).
  public nonisolated(nonsending) func enqueue(
    copying bytes: RawSpan, to address: SocketAddress? = nil,
    options: DatagramSendOptions = DatagramSendOptions(), timeout: Duration? = nil
  ) async throws(SocketError) {
    try await enqueue(
      BufferLease(copying: bytes), to: address, options: options, timeout: timeout)
  }

  /// Queues a copy of an array's bytes to be sent as one datagram, and returns once they are queued.
  ///
  /// - Parameters:
  ///   - bytes: Copied before the call returns or suspends.
  ///   - address: Where to; the peer of a connected socket if `nil`.
  ///   - options: What the kernel is told of it.
  ///   - timeout: How long to wait while too much is queued.
  /// - Throws: As the one of a lease.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` (Linux 5.3).
  public nonisolated(nonsending) func enqueue(
    copying bytes: [UInt8], to address: SocketAddress? = nil,
    options: DatagramSendOptions = DatagramSendOptions(), timeout: Duration? = nil
  ) async throws(SocketError) {
    try await enqueue(
      unsafe BufferLease(copying: bytes.span.bytes), to: address, options: options,
      timeout: timeout)
  }

  /// Queues a received datagram to be sent back to its sender, without a copy, and returns once it
  /// is queued.
  ///
  /// - Parameters:
  ///   - datagram: Its buffer returns to the pool when it is out.
  ///   - timeout: How long to wait while too much is queued.
  /// - Throws: As the one of a lease.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` (Linux 5.3).
  public nonisolated(nonsending) func reply(
    _ datagram: consuming Datagram, timeout: Duration? = nil
  ) async throws(SocketError) {
    guard loop.isCurrent else {
      let address = peerAddress == nil ? datagram.sender : nil
      return try await enqueue(datagram.takeLease(), to: address, timeout: timeout)
    }
    try await waitForRoom(datagram.byteCount, timeout)
    guard endpoint.reply(datagram) else { throw endpoint.error(.send, .closed) }
  }

  /// Returns when everything that is queued now is out or has failed.
  ///
  /// - Parameter timeout: How long to wait; `nil` for as long as it takes.
  /// - Throws: ``SocketError`` of the first queued datagram that has failed since the last flush;
  ///   ETIMEDOUT or ECANCELED if the wait has ended before.
  public nonisolated(nonsending) func flush(timeout: Duration? = nil) async throws(SocketError) {
    guard loop.isCurrent else {
      return try await loop.isolation.run { _ throws(SocketError) in
        try await self.flush(timeout: timeout)
      }
    }
    await letOthersGoOn()
    if let wait = try endpoint.flush(timeout: timeout) {
      if let failure = await result(of: wait).failure { throw endpoint.error(.send, failure) }
    }
    try await onLoop { endpoint throws(SocketError) in try endpoint.throwLostFailure() }
  }
}
