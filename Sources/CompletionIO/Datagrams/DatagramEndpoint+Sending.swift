// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
public import Uring

// Sends of handlers' programs.
extension DatagramEndpoint {
  /// Queues received bytes to be sent as one datagram, and returns at once.
  ///
  /// The buffer returns to the pool when the kernel has taken the datagram; it never waits for a
  /// peer: what the socket does not take at once is copied.
  ///
  /// - Parameters:
  ///   - lease: The bytes; none for an empty datagram.
  ///   - address: Where to; the peer of a connected socket if `nil`.
  ///   - options: What the kernel is told of it.
  ///   - context: Comes back as ``SendCompletion/context``; without it only a failure is told.
  /// - Returns: Whether it is queued; `false`, and the datagram is dropped, after a close and while
  ///   more than ``LoopConfiguration/unsentByteLimit`` is queued. On another thread than the loop's
  ///   always `true`: what is dropped there is told as a failure.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` (Linux 5.3).
  @discardableResult
  public func enqueue(
    _ lease: consuming BufferLease, to address: SocketAddress? = nil,
    options: DatagramSendOptions = DatagramSendOptions(), context: UInt? = nil
  ) -> Bool {
    guard loop.isCurrent else {
      let box = LeaseBox(lease)
      loop.perform { [self] in
        guard let lease = box.take(), sendRefusal(lease.byteCount, options) == nil else {
          return tell(recipient(context), .closed)
        }
        enqueue(lease, to: address, options: options, context: context)
      }
      return true
    }
    guard sendRefusal(lease.byteCount, options) == nil else { return false }
    queue(lease, to: address, options, recipient(context))
    return true
  }

  /// Queues a copy of bytes to be sent as one datagram, and returns at once.
  ///
  /// - Parameters:
  ///   - bytes: Copied before the call returns.
  ///   - address: Where to; the peer of a connected socket if `nil`.
  ///   - options: What the kernel is told of it.
  ///   - context: Comes back as ``SendCompletion/context``; without it only a failure is told.
  /// - Returns: As ``enqueue(_:to:options:context:)``.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` (Linux 5.3).
  @discardableResult
  public func enqueue(
    copying bytes: RawSpan, to address: SocketAddress? = nil,
    options: DatagramSendOptions = DatagramSendOptions(), context: UInt? = nil
  ) -> Bool {
    enqueue(BufferLease(copying: bytes), to: address, options: options, context: context)
  }

  /// Queues a received datagram to be sent back to its sender, without a copy, and returns at once.
  ///
  /// On the loop's thread.
  ///
  /// - Parameters:
  ///   - datagram: Its bytes go out, and its sender's address is not decoded.
  ///   - context: Comes back as ``SendCompletion/context``; without it only a failure is told.
  /// - Returns: As ``enqueue(_:to:options:context:)``.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` (Linux 5.3).
  @discardableResult
  public func reply(_ datagram: consuming Datagram, context: UInt? = nil) -> Bool {
    assert(loop.isCurrent, "a reply is made on the loop's thread")
    guard sendRefusal(datagram.byteCount, DatagramSendOptions()) == nil else { return false }
    let block = sending.takeBlock()
    if peerAddress == nil {
      block.setAddress(copying: datagram.senderBytes)
    } else {
      block.setAddress(nil)
    }
    block.setControl(DatagramSendOptions(), isIPv6: isIPv6)
    append(
      OutgoingDatagram(
        datagram.takeLease(), in: block, home: loop.homePools,
        recipient: recipient(context)))
    return true
  }

  private func recipient(_ context: UInt?) -> OutgoingDatagram.Recipient {
    context.map { .handler($0) } ?? .nobody
  }

  /// Why a datagram cannot be queued; `nil` if it can.
  func sendRefusal(_ byteCount: Int, _ options: DatagramSendOptions) -> StreamFailure? {
    guard closing == .open else { return .closed }
    if !options.isEmpty, let refusal = refusal(of: options) { return refusal }
    guard hasRoom(for: byteCount) else {
      wantsRoom = true
      return StreamFailure(.noBufferSpace, .tableFull)
    }
    return nil
  }

  /// Why the kernel cannot be told something of a datagram of this socket.
  private func refusal(of options: DatagramSendOptions) -> StreamFailure? {
    if let byteCount = options.segmentByteCount {
      // A Unix-domain socket would send it whole (__scm_send), and 0 is none.
      if isUnixDomain { return StreamFailure(.notSupportedOnSocket) }
      if !(1...65535).contains(byteCount) { return StreamFailure(.invalidArgument, .badValue) }
    }
    guard let source = options.source else { return nil }
    let fits = isIPv6 ? !source.isUnixDomain : source.isIPv4 && !isUnixDomain
    return fits ? nil : StreamFailure(.addressFamilyNotSupported)
  }

  /// Whether so many bytes may be queued: an empty datagram takes room too.
  func hasRoom(for byteCount: Int) -> Bool {
    guard sending.count > 0 else { return true }
    return sending.byteCount + byteCount + sending.count * Self.datagramCost
      <= loop.configuration.unsentByteLimit
  }

  /// Bytes of memory that a queued datagram takes besides its own.
  static var datagramCost: Int { 64 }
}
