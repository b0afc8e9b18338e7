// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// The queue and the kernel.
extension DatagramEndpoint {
  /// Queues a datagram for the next submission.
  func queue(
    _ lease: consuming BufferLease, to address: SocketAddress?, _ options: DatagramSendOptions,
    _ recipient: OutgoingDatagram.Recipient
  ) {
    append(
      OutgoingDatagram(
        lease, in: block(to: address, options), home: loop.homePools, recipient: recipient))
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
    afterSending()
  }

  /// The policy of a send that waits for room.
  ///
  /// The kernel must not wait for a Unix-domain peer: it has copied the bytes before it looks at the
  /// peer's queue (unix_dgram_sendmsg), and a request that it then tries again sends an empty
  /// datagram (seen on Linux 6.18). Nor is there anything to poll for where no peer is connected.
  private var waitingPolicy: ResubmissionPolicy {
    guard isUnixDomain, policy == .completion else { return policy }
    return .backoff(initial: .microseconds(50), limit: .milliseconds(2))
  }

  /// Starts a send; `false` if it has to wait for a flight.
  private func start(_ place: Int, mayWait: Bool) -> Bool {
    // Each socket has been promised one flight for its sends.
    let isExtra = sending.flyingCount > 0
    if isExtra, !loop.streams.takeExtraFlight() { return false }
    var request = sending[place].block.send(
      byteCount: sending[place].byteCount, to: descriptor)
    var policy = ResubmissionPolicy.nonblocking
    if mayWait {
      policy = waitingPolicy
      request.options = policy == .completion ? .pollFirst : .doNotWait
      copyOut()
    } else {
      request.options = .doNotWait
    }
    let token = loop.begin(
      request, policy: policy, facts: .datagram, context: sending.number(of: place),
      owner: self)
    guard let token else {
      if isExtra { loop.streams.giveExtraFlightBack() }
      end(place, .tableFull)
      return true
    }
    sending[place].hasExtraFlight = isExtra
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
    if closing == .open || closing == .draining { enlist() }
    afterSending()
  }

  /// Does what follows when datagrams have ended.
  func afterSending() {
    tellRoom()
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
  private func tellRoom() {
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
