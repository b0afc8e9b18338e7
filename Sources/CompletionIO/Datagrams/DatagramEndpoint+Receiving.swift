// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension DatagramEndpoint {
  /// Starts receiving for a handler.
  ///
  /// - Parameter handler: Is notified from now on; an endpoint has one, so a second call does
  ///   nothing.
  public func start(_ handler: DatagramHandler) {
    onLoop { endpoint in
      guard endpoint.handler == nil, endpoint.closing == .open else { return }
      endpoint.handler = handler
      endpoint.countAsService()
      endpoint.tellReceived()
      endpoint.wantDatagrams()
    }
  }

  /// Stops receiving until ``resumeReceiving()``: the handler is called with no more datagrams, and
  /// the kernel drops those for which its own buffer has no room.
  public func pauseReceiving() {
    onLoop { endpoint in
      endpoint.receiving.isPaused = true
      endpoint.perform(endpoint.receiving.handle(.unwanted))
    }
  }

  /// Goes on receiving after ``pauseReceiving()``, first with datagrams that had come already.
  public func resumeReceiving() {
    onLoop { endpoint in
      guard endpoint.receiving.isPaused else { return }
      endpoint.receiving.isPaused = false
      endpoint.tellReceived()
      endpoint.wantDatagrams()
    }
  }

  /// Wants no more datagrams, ever: those that have come are delivered, then receiving has ended.
  public func stopReceiving() {
    onLoop { endpoint in
      endpoint.receiving.isStopped = true
      endpoint.perform(endpoint.receiving.handle(.unwanted))
      endpoint.tellReceived()
    }
  }
}

// Actions of the receiving half, and the kernel's answers.
extension DatagramEndpoint {
  func perform(_ action: DatagramReceiving.Action) {
    switch action {
    case .none: break
    case .arm: armReceive()
    case .cancel: loop.core.cancel(receiving.token)
    case .tell:
      tellReceived()
      wantDatagrams()
    }
  }

  /// Has the kernel receive, if anybody wants datagrams and there is room for them.
  ///
  /// After a stop for want of room it goes on when half of it is free.
  func wantDatagrams() {
    let limit = loop.configuration.unclaimedByteLimit
    guard receiving.state == .idle, closing == .open, receiving.failure == nil,
      receiving.count * 2 <= countLimit, receiving.byteCount * 2 <= limit, wantsDatagrams
    else { return }
    perform(receiving.handle(.wanted))
  }

  private var wantsDatagrams: Bool {
    if receiving.isPaused || receiving.isStopped { return false }
    if handler != nil || receiving.armsAhead { return true }
    return receiving.receiver.map { loop.core.waits.isOpen($0) } ?? false
  }

  /// Room for the bytes of a datagram that is received alone: more than any of UDP has.
  static var singleByteCount: Int { 65536 }

  private func armReceive() {
    let policy = handler == nil ? policy : .completion
    isReceivingMany = receivesMany && policy == .completion
    var request: Request
    if isReceivingMany {
      request = template.receiveMultishot(
        descriptor, bufferGroup: loop.pool.group, options: .fullLength)
    } else {
      let memory =
        memory ?? MessageMemory(template.layout, byteCount: Self.singleByteCount)
      self.memory = memory
      request = memory.receive(descriptor, options: .fullLength)
    }
    if policy.asksNotToWait { request.askNotToWait() }
    let token = loop.begin(request, policy: policy, facts: .datagram, owner: self)
    guard let token else {
      // A task may try again, a handler cannot.
      if handler != nil { return perform(receiving.handle(.failed(.tableFull))) }
      receiving.failure = .tableFull
      return perform(receiving.handle(.answered))
    }
    receiving.armsAhead = policy == .completion
    receiving.token = token
    operationCount += 1
  }

  func didReceive(_ outcome: Outcome, lease: consuming BufferLease?) {
    if outcome.result >= 0 {
      if isReceivingMany {
        if let lease = lease.take() { take(Datagram(lease, layout: template.layout)) }
      } else {
        takeSingle(outcome.result)
      }
    }
    guard !outcome.hasMore else { return }
    operationCount -= 1
    didReceiveLast(outcome)
    finishClosingIfDone()
  }

  /// Copies the datagram out of the memory that the next one will come to.
  private func takeSingle(_ result: Int32) {
    let layout = template.layout
    guard let memory else { return }
    take(Datagram(BufferLease(copying: memory.message(result: result)), layout: layout))
  }

  @inline(never)
  private func didReceiveLast(_ outcome: Outcome) {
    guard outcome.result < 0 else { return perform(receiving.handle(.answered)) }
    let wasAsked = receiving.state == .cancelling || closing != .open
    if isReceivingMany, !wasAsked, outcome.error == .invalidArgument {
      receivesMany = false  // From now on one by one.
      return perform(receiving.handle(.answered))
    }
    switch DatagramReceiving.answer(to: outcome, wasAsked: wasAsked) {
    case .nothing:
      perform(receiving.handle(.answered))
    case .passing(let failure):
      receiving.failure = failure
      perform(receiving.handle(.answered))
    case .lasting(let failure):
      perform(receiving.handle(.failed(failure)))
    }
  }

  private func take(_ datagram: consuming Datagram?) {
    // After a close nobody can ask for it: the buffer goes back to the pool.
    guard closing == .open, let datagram else { return }
    loop.countReceived(byteCount: datagram.byteCount)
    if let handler, receiving.isEmpty, !receiving.isPaused {
      return handler.deliver(self, datagram)
    }
    receiving.keep(datagram)
    if let wait = receiving.receiver { loop.finish(wait) }
    let isFull =
      receiving.count >= countLimit
      || receiving.byteCount > loop.configuration.unclaimedByteLimit
    if isFull { perform(receiving.handle(.unwanted)) }
  }

  /// Tells whoever waits of what has come: datagrams, an error, the end.
  func tellReceived() {
    if let wait = receiving.receiver, receiving.hasNews || receiving.hasStopped {
      loop.finish(wait)
    }
    guard let handler, closing == .open, !isDelivering else { return }
    isDelivering = true
    while !receiving.isEmpty, !receiving.isPaused, closing == .open {
      handler.deliver(self, receiving.takeFirst())
    }
    isDelivering = false
    guard receiving.isEmpty, closing == .open else { return }
    if let failure = receiving.failure {
      receiving.failure = nil
      handler.failed(self, error(.receive, failure))
    }
    if let failure = receiving.end {
      tellEnd(failure)
    } else if receiving.isOver {
      tellEnd(nil)
    }
  }

  /// Tells the handler, once, how receiving ended.
  func tellEnd(_ failure: StreamFailure?) {
    guard let handler, !hasToldEnd else { return }
    hasToldEnd = true
    handler.ended(self, failure.map { error(.receive, $0) })
  }
}
