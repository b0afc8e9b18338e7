// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
public import Uring

// Sends of handlers' programs.
extension SocketStream {
  /// Queues received bytes to be sent and returns at once.
  ///
  /// The buffer returns to the pool when the bytes are out. Buffers of the pool never wait for a
  /// peer: what the socket does not take at once is copied, so that peers that do not read cannot
  /// use up the pool. Should the bytes not get out, the handler's `ended` says why.
  ///
  /// - Parameter lease: The bytes; dropped if nothing can be sent any more.
  public func enqueue(_ lease: consuming BufferLease) {
    enqueue(lease, .nobody)
  }

  /// Queues received bytes to be sent, and has the handler's `sent` called when they are out.
  ///
  /// - Parameters:
  ///   - lease: The bytes.
  ///   - context: Comes back as ``SendCompletion/context``.
  public func enqueue(_ lease: consuming BufferLease, context: UInt) {
    enqueue(lease, .handler(context))
  }

  /// Queues a copy of bytes to be sent and returns at once.
  ///
  /// - Parameters:
  ///   - bytes: Copied before the call returns.
  ///   - context: Comes back as ``SendCompletion/context``; without it nobody is told of this send.
  public func enqueue(copying bytes: RawSpan, context: UInt? = nil) {
    enqueue(BufferLease(copying: bytes), context.map { .handler($0) } ?? .nobody)
  }

  /// Queues a copy of an array's bytes to be sent and returns at once.
  ///
  /// - Parameters:
  ///   - bytes: Copied before the call returns.
  ///   - context: Comes back as ``SendCompletion/context``; without it nobody is told of this send.
  public func enqueue(copying bytes: [UInt8], context: UInt? = nil) {
    unsafe enqueue(copying: bytes.span.bytes, context: context)
  }

  private func enqueue(_ lease: consuming BufferLease, _ recipient: SendPiece.Recipient) {
    guard loop.isCurrent else {
      let box = LeaseBox(lease)
      return loop.perform { [self] in if let lease = box.take() { enqueue(lease, recipient) } }
    }
    if !takesSends, let refusal = sendRefusal {
      return tell(recipient, refusal, sentByteCount: 0)
    }
    queue(SendPiece(lease, home: loop.homePools, recipient: recipient))
  }

  /// Whether something can be queued.
  @inline(__always)
  var takesSends: Bool { closing == .open && sending.isOpen }

  /// Why nothing can be queued; `nil` while it can.
  var sendRefusal: StreamFailure? { closing == .open ? sending.refusal : .closed }

  /// Queues a piece for the next submission.
  @inline(__always)
  func queue(_ piece: consuming SendPiece) {
    sending.append(piece, loop.sendQueues)
    // A send that waits for the peer is before it.
    if sending.copyLastOut() { loop.countCopiedSend() }
    perform(sendEvent(.queued))
  }

  @inline(__always)
  func sendEvent(_ event: SendHalf.Event) -> SendHalf.Action {
    sending.handle(event, waiting, isAborted: closing.isStopping)
  }

  /// Ends the sending half once everything queued is out: the peer receives the end of the stream.
  public func finishSending() {
    onLoop { stream in
      guard stream.closing == .open else { return }
      stream.requestFinish()
    }
  }

  func requestFinish() {
    sending.wantsFinish = true
    perform(sendEvent(.finishRequested))
  }
}

// Actions of the sending half, and the kernel's answers.
extension SocketStream {
  func takeTurn() {
    perform(sendEvent(.turn))
    if closing != .open || extras != nil { afterSending() }
  }

  @inline(__always)
  func perform(_ action: SendHalf.Action) {
    switch action {
    case .none: break
    case .enlist: loop.enlist(self)
    case .send(let mayWait): startSending(mayWait: mayWait)
    default: performRare(action)
    }
  }

  @inline(never)
  private func performRare(_ action: SendHalf.Action) {
    switch action {
    case .none, .enlist, .send: preconditionFailure("\(action) is performed at once")
    case .copyAndSend(let mayWait):
      copyOut()
      startSending(mayWait: mayWait)
    case .cancelSend: cancelSend()
    case .endCancelled: endPieces(.cancelled)
    case .tellWouldBlock(let failure):
      endPieces(.awaited, failure)
      perform(sendEvent(.toldWouldBlock))
    case .failAll(let failure): failSends(failure)
    case .finish: startFinishing()
    case .tellFinished(let failure): tellFinished(failure)
    }
  }

  func copyOut() {
    for _ in 0..<sending.copyOut() { loop.countCopiedSend() }
  }

  /// Hands as much as one send may gather to the kernel.
  private func startSending(mayWait: Bool) {
    if sending.holdsSpecial, startSpecial(mayWait: mayWait) { return }
    let limit = loop.configuration.sendByteLimit
    var (request, mode) = sending.gather(upTo: limit, to: descriptor) { madeExtras.message }
    let policy: ResubmissionPolicy
    switch mode {
    case .trying:
      (request.options, policy) = (.doNotWait, .nonblocking)
    case .waiting:
      // What is queued behind it would wait too, which buffers of the pool never do.
      if sending.hasMoreThanInFlight { copyOut() }
      if mayWait {
        (request.options, policy) = ([.waitForAll, .pollFirst], .completion)
      } else {
        policy = self.policy
        request.options = policy.asksNotToWait ? .doNotWait : .waitForAll
      }
    }
    guard let token = loop.begin(request, policy: policy, owner: self) else {
      sending.settle(0)
      return perform(sendEvent(.refused))
    }
    sending.token = token
    operationCount += 1
    perform(sendEvent(.started(mode)))
  }

  func didSend(_ outcome: Outcome) {
    operationCount -= 1
    let answer = sending.answer(to: outcome, isAborted: closing.isStopping)
    loop.countSent(byteCount: Int(outcome.byteCount))
    if outcome.byteCount > 0 { hasSent = true }
    sending.settle(outcome.byteCount)
    endPieces(.cancelled)
    perform(sendEvent(.answered(answer)))
    if closing != .open || extras != nil { afterSending() }
  }

  private func startFinishing() {
    let direction: Int32 = 1  // SHUT_WR (shutdown(2)).
    let token = loop.begin(
      .shutdown(descriptor, direction: direction), policy: .completion, owner: self)
    guard token != nil else { return perform(sendEvent(.refused)) }
    operationCount += 1
  }

  func didFinish(_ outcome: Outcome) {
    operationCount -= 1
    let failure = outcome.result < 0 ? StreamFailure(code: outcome.result) : nil
    perform(sendEvent(.finishAnswered(failure)))
    perform(receiveEvent(.sendingFinished(failure)))
    afterSending()
  }

  /// Does what follows when bytes are out or nothing more can be sent.
  ///
  /// Nothing follows for an open stream without extras, as nearly all are.
  func afterSending() {
    if let extras, extras.isAboveMark, sending.byteCount <= unsentMarks.low {
      extras.isAboveMark = false
      resumeReceiving(afterPause: true)
      if closing == .open { handler?.drained(self) }
    }
    tellRoom()
    if sending.isDrained { continueClosing() }
    finishClosingIfDone()
  }
}
