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
        datagram.takeLease(), in: block, home: loop.poolIdentity,
        recipient: recipient(context)))
    return true
  }

  private func recipient(_ context: UInt?) -> OutgoingDatagram.Recipient {
    context.map { .handler($0) } ?? .nobody
  }

  /// Why a datagram cannot be queued; `nil` if it can.
  func sendRefusal(_ byteCount: Int, _ options: DatagramSendOptions) -> StreamFailure? {
    guard closing == .open else { return .closed }
    // A Unix-domain socket would send it whole (__scm_send).
    if options.segmentByteCount != nil, isUnixDomain { return .noSegments }
    guard hasRoom(for: byteCount) else {
      wantsRoom = true
      return StreamFailure(.noBufferSpace, .tableFull)
    }
    return nil
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

// The queue and the kernel.
extension DatagramEndpoint {
  /// Queues a datagram for the next submission.
  func queue(
    _ lease: consuming BufferLease, to address: SocketAddress?, _ options: DatagramSendOptions,
    _ recipient: OutgoingDatagram.Recipient
  ) {
    append(
      OutgoingDatagram(
        lease, in: block(to: address, options), home: loop.poolIdentity, recipient: recipient))
  }

  func block(to address: SocketAddress?, _ options: DatagramSendOptions) -> MessageBlock {
    let block = sending.takeBlock()
    block.setAddress(address)
    block.setControl(options, isIPv6: isIPv6)
    return block
  }

  func append(_ datagram: consuming OutgoingDatagram) {
    sending.append(datagram)
    if sending.pace != .free { copyOut() }
    enlist()
  }

  private func enlist() {
    guard !sending.isEnlisted, sending.step(window: window) != .none else { return }
    sending.isEnlisted = true
    loop.enlist(self)
  }

  /// Datagrams that are with the kernel at a time.
  ///
  /// One of a Unix-domain socket, whose datagrams arrive in order: its peer may make room between
  /// two tries.
  var window: Int { isUnixDomain ? 1 : 64 }

  private func copyOut() {
    for _ in 0..<sending.copyOut() { loop.countCopiedSend() }
  }

  /// Hands to the kernel what the window has room for.
  func takeTurn() {
    sending.isEnlisted = false
    while case .send(let mayWait) = sending.step(window: window) {
      guard let place = sending.nextPlace(), start(place, mayWait: mayWait) else { break }
    }
    finishClosingIfDone()
  }

  /// Starts a send; `false` if it has to wait for a flight.
  private func start(_ place: Int, mayWait: Bool) -> Bool {
    // Each socket has been promised one flight for its sends.
    if sending.flyingCount > 0 {
      guard loop.streams.takeExtraFlight() else { return false }
      sending[place].hasExtraFlight = true
    }
    var request = sending[place].block.send(
      byteCount: sending[place].byteCount, to: descriptor)
    var policy = ResubmissionPolicy.nonblocking
    if mayWait {
      policy = self.policy
      request.options = policy.asksNotToWait ? .doNotWait : .pollFirst
      copyOut()
    } else {
      request.options = .doNotWait
    }
    let token = loop.begin(
      request, policy: policy, facts: .datagram, context: sending.number(of: place),
      owner: self)
    guard let token else {
      end(place, .tableFull)
      return true
    }
    operationCount += 1
    sending.began(place, token, waits: mayWait)
    return true
  }

  func didSend(_ outcome: Outcome) {
    operationCount -= 1
    let place = sending.place(of: outcome.context)
    if sending[place].hasExtraFlight {
      sending[place].hasExtraFlight = false
      loop.streams.giveExtraFlightBack()
    }
    let wasWaiting = sending.answered()
    settle(place, outcome, wasWaiting: wasWaiting)
    tellRoom()
    if closing == .open || closing == .draining { enlist() }
    if sending.count == 0, closing == .draining { stopOperations() }
    finishClosingIfDone()
  }

  private func settle(_ place: Int, _ outcome: Outcome, wasWaiting: Bool) {
    guard outcome.result < 0 else {
      loop.countSent(byteCount: Int(outcome.result))
      return end(place, nil)
    }
    if let cause = sending[place].earlyEnd { return end(place, StreamFailure(cause)) }
    let failure = StreamFailure(
      code: outcome.result, attempts: Int32(clamping: outcome.attempts))
    let wouldBlock = failure.errno == .resourceTemporarilyUnavailable
    guard wouldBlock, !wasWaiting, policy != .nonblocking, closing == .open || closing == .draining
    else { return end(place, closing == .stopping ? .closed : failure) }
    sending.putBack(place)
    copyOut()
  }

  /// Ends a datagram, and tells whoever is to know.
  func end(_ place: Int, _ failure: StreamFailure?) {
    let recipient = sending[place].recipient
    sending.end(place)
    tell(recipient, failure)
    guard !flushes.isEmpty else { return }
    tellFlushes()
  }

  func tell(_ recipient: OutgoingDatagram.Recipient, _ failure: StreamFailure?) {
    switch recipient {
    case .nobody:
      guard let failure else { return }
      failedSendCount += 1
      lostFailure = lostFailure ?? failure
      if closing == .open { handler?.failed(self, error(.send, failure)) }
    case .wait(let wait):
      if let failure { fail(wait, failure) } else { loop.finish(wait) }
    case .handler(let context):
      handler?.sent(
        self,
        SendCompletion(
          context: context, byteCount: 0, error: failure.map { error(.send, $0) }))
    }
  }

  /// Tells those who wait for room, once half of it is free.
  func tellRoom() {
    guard wantsRoom || !roomWaits.isEmpty else { return }
    let used = sending.byteCount + sending.count * Self.datagramCost
    guard used * 2 <= loop.configuration.unsentByteLimit else { return }
    let waits = roomWaits
    roomWaits = []
    for wait in waits { loop.finish(wait) }
    guard wantsRoom, closing == .open else { return }
    wantsRoom = false
    handler?.drained(self)
  }

  private func tellFlushes() {
    while let first = flushes.first, sending.hasEnded(before: first.number) {
      flushes.removeFirst()
      loop.finish(first.wait)
    }
  }
}

extension StreamFailure {
  /// Of a socket that cannot cut bytes into datagrams.
  static var noSegments: Self { Self(.notSupportedOnSocket) }
}
