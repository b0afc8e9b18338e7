// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Receives of handlers' programs.
extension SocketStream {
  /// Stops receiving until ``resumeReceiving()``: the handler is called with no more bytes, and the
  /// peer has to wait once the kernel's buffers are full.
  public func pauseReceiving() {
    onLoop { stream in
      stream.receiving.isPaused = true
      stream.perform(stream.receiveEvent(.full))
    }
  }

  /// Goes on receiving after ``pauseReceiving()``, first with bytes that had come already.
  public func resumeReceiving() {
    onLoop { stream in
      guard stream.receiving.isPaused else { return }
      stream.receiving.isPaused = false
      stream.deliverKept()
      stream.wantBytes()
    }
  }

  /// Wants no more bytes, ever: those that have come are delivered, then the stream has ended.
  public func stopReceiving() {
    onLoop { $0.perform($0.receiveEvent(.stopped)) }
  }

  /// Delivers bytes that have waited while the handler was not to be called.
  func deliverKept() {
    guard let handler, !receiving.isEmpty || receiving.hasEnded else { return }
    let extras = madeExtras
    guard !extras.isDelivering else { return }
    extras.isDelivering = true
    while !receiving.isEmpty, !receiving.isPaused, closing == .open, self.handler === handler {
      handler.received(receiving.takeFirst(loop.receiveQueues), on: self)
    }
    extras.isDelivering = false
    tellEndIfDelivered()
  }
}

// Actions of the receiving half, and the kernel's answers.
extension SocketStream {
  func receiveEvent(_ event: ReceiveHalf.Event) -> ReceiveHalf.Action {
    receiving.handle(event, receiveFacts)
  }

  private var receiveFacts: ReceiveHalf.Facts {
    let progress: ReceiveHalf.Facts.Sending =
      switch sending.state {
      case .finished: .finished
      case .finishing: .finishing
      case .idle, .enlisted, .sending, .failed: .open
      }
    return ReceiveHalf.Facts(
      fate: fate, mayHideReset: sending.mayHideReset && !isUnixDomain, sending: progress)
  }

  func perform(_ action: ReceiveHalf.Action) {
    switch action {
    case .none: break
    case .arm: armReceive()
    case .cancelReceive:
      receiving.isCancelRequested = true
      loop.core.cancel(receiving.token)
    case .poll: pollForBytes()
    case .confirm: confirmEnd()
    case .refuse: refuseReceive()
    case .resume:
      if let extras, extras.isPassing { tellNothing() }
      resumeReceiving(afterPause: receiving.isCancelRequested)
    case .tell: tellReceived()
    case .tellWouldBlock(let failure):
      if let receiver = receiving.receiver { return fail(receiver.wait, failure) }
      // Nobody asks again for a delegate's bytes; the receive waits for them before it tries.
      if handler != nil { wantBytes() }
    }
  }

  /// Arms a receive into the pool's buffers: one that goes on under `.completion` where the kernel
  /// has it, else one for each time that somebody wants bytes.
  private func armReceive() {
    // A delegate cannot be told that a receive would block.
    let policy = handler == nil ? policy : .completion
    let group = loop.streamPool.group
    // One that goes on would drop the descriptors of later messages.
    let goesOn = policy == .completion && !receivesMessages
    var request: Request =
      goesOn && loop.core.forms.receiveMultishot
      ? .receiveMultishot(descriptor, bufferGroup: group)
      : .receive(descriptor, bufferGroup: group)
    if policy.asksNotToWait { request.askNotToWait() }
    guard let token = loop.begin(request, policy: policy, owner: self) else {
      return perform(receiveEvent(.refused))
    }
    receiving.armsAhead = goesOn
    began(token, .armed)
    if loop.configuration.quietTime != nil { loop.streams.sweep?.begin() }
  }

  /// Takes note of a receive that is on its way.
  func began(_ token: Token, _ event: ReceiveHalf.Event) {
    receiving.token = token
    receiving.isCancelRequested = false
    operationCount += 1
    perform(receiveEvent(event))
  }

  /// Without a flight nothing is received now; a task may try again, a handler cannot.
  private func refuseReceive() {
    if let receiver = receiving.receiver { fail(receiver.wait, .tableFull) }
    guard handler != nil else { return }
    tellEnd(.tableFull)
    abort()
  }

  func didReceive(_ outcome: Outcome, lease: consuming BufferLease?) {
    if outcome.hasMore, let lease = lease.take() {
      loop.countReceived(byteCount: lease.byteCount)
      return take(lease)
    }
    operationCount -= 1
    didReceiveLast(outcome, lease: lease)
    finishClosingIfDone()
  }

  /// Takes the last answer to a receive; apart, so that what nearly always happens stays small.
  @inline(never)
  private func didReceiveLast(_ outcome: Outcome, lease: consuming BufferLease?) {
    let wasReading = receiving.state == .reading
    let wasAsked =
      receiving.isCancelRequested || receiving.receiver?.earlyEnd != nil || closing != .open
    let answer = ReceiveHalf.answer(to: outcome, wasAsked: wasAsked)
    if outcome.result > 0 {
      loop.countReceived(byteCount: Int(outcome.result))
      if wasReading { finishReading(byteCount: Int(outcome.result)) }
      if let lease = lease.take() { take(lease) }
    }
    perform(receiveEvent(.answered(answer)))
    if wasReading, answer == .nothing { failReading() }
  }

  private func take(_ lease: consuming BufferLease) {
    received = .all
    // After a close nobody can ask for the bytes: the buffer goes back to the pool.
    guard closing == .open else { return countLingering(lease.byteCount) }
    if let handler = unsafe retainedHandler, receiving.isEmpty, !receiving.isPaused {
      var lease: BufferLease? = lease
      unsafe handler._withUnsafeGuaranteedRef { handler in
        if let lease = lease.take() { handler.received(lease, on: self) }
      }
      if sending.byteCount > loop.configuration.unsentByteLimit || extras?.marks != nil {
        pauseAboveMark()
      }
      return
    }
    receiving.keep(lease, loop.receiveQueues)
    if let receiver = receiving.receiver { loop.finish(receiver.wait) }
    if receiving.byteCount > loop.configuration.unclaimedByteLimit {
      perform(receiveEvent(.full))
    }
  }

  private func pauseAboveMark() {
    guard sending.byteCount > unsentMarks.high, closing == .open else { return }
    madeExtras.isAboveMark = true
    perform(receiveEvent(.full))
  }

  /// Arms the receive again, if there is room: after a pause when half of it has become free.
  func resumeReceiving(afterPause: Bool) {
    let limit = loop.configuration.unclaimedByteLimit / (afterPause ? 2 : 1)
    guard receiving.isIdle, receiving.byteCount <= limit else { return }
    wantBytes()
  }

  /// Has the half receive, if anybody wants bytes.
  func wantBytes() {
    guard closing == .open ? wantsBytes : closing == .lingering else { return }
    perform(receiveEvent(.wanted))
  }

  var wantsBytes: Bool {
    if receiving.isPaused || receiving.isStopped || extras?.isAboveMark == true { return false }
    if handler != nil { return true }
    // Ahead of demand, so that the next bytes wait for nobody; or as the policy says, on demand.
    if receiving.armsAhead { return true }
    return receiving.receiver.map { loop.core.waits.isOpen($0.wait) } ?? false
  }

  /// Tells the task that receives through a pipe that no receive is with the kernel.
  private func tellNothing() {
    if let receiver = receiving.receiver { loop.finish(receiver.wait) }
  }

  /// Tells whoever waits that bytes have come, or how the stream has ended.
  private func tellReceived() {
    if let receiver = receiving.receiver, !receiving.isEmpty || receiving.hasEnded {
      loop.finish(receiver.wait)
    }
    guard receiving.hasEnded else { return }
    if closing == .lingering { stopOperations() }
    tellEndIfDelivered()
  }

  private func tellEndIfDelivered() {
    guard handler != nil, let end = receiving.end, receiving.isEmpty, closing == .open else {
      return
    }
    switch end {
    case .endOfStream: tellEnd(nil)
    case .failed(let failure): tellEnd(failure)
    }
  }
}

// The end of a stream beside a send that may have been told of a reset in its place.
extension SocketStream {
  private func confirmEnd() {
    let token = loop.begin(.poll(descriptor, mask: 0), policy: .completion, owner: self)
    guard let token else { return perform(receiveEvent(.refused)) }
    receiving.token = token
    operationCount += 1
  }

  func didConfirm(_ outcome: Outcome) {
    let hangUpMask: Int32 = 0x10  // POLLHUP (poll(2)).
    perform(receiveEvent(.hungUp(outcome.result > 0 && outcome.result & hangUpMask != 0)))
  }
}
