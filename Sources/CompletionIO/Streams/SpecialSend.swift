// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// A send that takes more than bytes, from its call to its end.
///
/// It owns the operations that depend on what the program has given, so that a descriptor which is
/// not open is the program's mistake and not the library's.
class SpecialSend: OperationOwner {
  let stream: SocketStream
  /// The wait of the task, or for a handler's timeout, by which the piece in the queue is known.
  let wait: WaitID
  /// The caller's word, for the handler that is told of the end.
  var context: UInt = 0

  init(_ stream: SocketStream, _ wait: WaitID) {
    self.stream = stream
    self.wait = wait
  }

  override var isPartOfLibrary: Bool { false }

  /// Puts the next part of the send on its way; the piece is the first in the queue.
  func start(mayWait: Bool) {
    preconditionFailure("a send that takes more than bytes knows what")
  }

  /// Gives back what it has of the loop, once its piece has ended.
  func end() {}
}

// Sends that go by themselves, each by requests of its own form.
extension SocketStream {
  /// Queues a send by its form and opens a wait for its last byte.
  func queueSpecial(
    _ form: SendPiece.Form, _ bytes: InputMemory, timeout: Duration?, isOwner: Bool,
    _ make: (WaitID) -> SpecialSend?
  ) throws(SocketError) -> WaitID {
    try checkSending(isOwner)
    let wait = loop.openWait(for: self, timeout: timeout)
    atOnceCount = 0
    if let special = make(wait) { madeExtras.specialSends.append(special) }
    sending.holdsSpecial = true
    queue(SendPiece(form, at: bytes.address, byteCount: bytes.byteCount, wait: wait))
    return wait
  }

  /// Whether the kernel and the socket send without a copy; others would refuse each time.
  var canSendZeroCopy: Bool { loop.core.forms.zeroCopy && !isUnixDomain }

  /// Forgets the special send of a wait that is over.
  func forgetSpecial(_ wait: WaitID) {
    guard let index = extras?.specialSends.firstIndex(where: { $0.wait == wait }) else { return }
    extras?.specialSends.remove(at: index).end()
  }

  /// Starts the first piece if it goes by itself.
  @inline(never)
  func startSpecial(mayWait: Bool) -> Bool {
    switch sending.prepareSpecial() {
    case .plain:
      return false
    case .zeroCopy:
      let piece = sending.pieces[0].address
      let count = min(sending.pieces[0].byteCount, LoopConfiguration.oneSendByteLimit)
      let request = Request.sendZeroCopy(at: piece, byteCount: count, to: descriptor)
      start(
        request, byteCount: count, mayWait: mayWait, isWhole: true, owner: self,
        facts: .resetsForMemory)
    case .message, .file:
      guard let special = firstSpecial else {
        preconditionFailure("a send that takes more than bytes is known by its wait")
      }
      special.start(mayWait: mayWait)
    }
    return true
  }

  /// Cancels the send that is with the kernel, if that is what is to end.
  func cancelSend() {
    // A handler that is told of the end of the last piece may close the stream: nothing of it is with
    // the kernel then, and the token has gone with the queue.
    guard !sending.isEmpty else { return }
    guard sending.holdsSpecial, sending.pieces[0].form != .plain else {
      return loop.core.cancel(sending.token)
    }
    // It has the first piece alone, and is not to be disturbed for the others.
    while let piece = sending.removeMarkedBehindFirst(loop.sendQueues) { tellEnd(of: piece, nil) }
    if closing.isStopping || sending.pieces[0].earlyEnd != nil { loop.core.cancel(sending.token) }
  }

  private var firstSpecial: SpecialSend? {
    switch sending.pieces[0].recipient {
    case .wait(let wait), .file(let wait): extras?.specialSends.first { $0.wait == wait }
    case .nobody, .part, .flush, .handler: nil
    }
  }

  /// Hands a request for bytes of the first piece to the kernel.
  ///
  /// - Parameters:
  ///   - request: How they are sent.
  ///   - byteCount: How many it is for.
  ///   - mayWait: Whether it is to wait for the peer, whatever the policy is.
  ///   - isWhole: Whether the kernel is to send all before it answers.
  ///   - owner: Is notified of the answer.
  ///   - facts: What the loop is to know of the request.
  func start(
    _ request: Request, byteCount: Int, mayWait: Bool, isWhole: Bool, owner: OperationOwner,
    facts: Answer.Facts = []
  ) {
    var request = request
    var policy = ResubmissionPolicy.completion
    hold(byteCount)
    if mayWait {
      request.options = .pollFirst
    } else {
      policy = self.policy
      request.options = policy.asksNotToWait ? .doNotWait : []
    }
    if isWhole, !request.options.contains(.doNotWait) { request.options.insert(.waitForAll) }
    begin(request, policy: policy, owner: owner, facts: facts)
  }

  /// Lends bytes of the first piece to the kernel.
  func hold(_ byteCount: Int) {
    sending.inFlightByteCount = UInt32(byteCount)
    // What is queued behind it would wait too, which buffers of the pool never do.
    if sending.hasMoreThanInFlight { copyOut() }
  }

  /// Hands a step of a send to the kernel, which then has the first piece.
  func begin(
    _ request: Request, policy: ResubmissionPolicy, owner: OperationOwner, facts: Answer.Facts = []
  ) {
    guard let token = loop.begin(request, policy: policy, facts: facts, owner: owner) else {
      sending.inFlightByteCount = 0
      return perform(sendEvent(.refused))
    }
    sending.token = token
    operationCount += 1
    perform(sendEvent(.started(.waiting)))
  }

  /// Goes on after a step that has moved nothing out: with the same piece, or behind it if it was
  /// cancelled or has failed by itself.
  ///
  /// - Parameters:
  ///   - special: Whose step it was.
  ///   - failure: Ends the first piece, and not the half: the connection is as good as before.
  func didStep(_ special: SpecialSend, failing failure: StreamFailure? = nil) {
    operationCount -= 1
    sending.inFlightByteCount = 0
    endPieces(.cancelled)
    if let failure, !closing.isStopping, !sending.isEmpty, firstSpecial === special {
      tellEnd(of: sending.removeFailed(loop.sendQueues), failure)
    }
    perform(sendEvent(.answered(.done)))
    if closing != .open || extras != nil { afterSending() }
  }
}
