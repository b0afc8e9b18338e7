internal import SystemPackage
internal import Uring

// Ending operations before their time, and the requests that nobody waits for.
extension LoopCore {
  /// The token of a request that nobody waits for; a cancel's says whose it is.
  static func controlToken(of request: Request) -> Token {
    let target = Token(rawValue: request.operation == .cancel ? request.operand : 0)
    return Token(
      slot: Token.slotLimit - 1, generation: UInt32(target.slot) | target.generation << 24,
      operation: request.operation)
  }

  /// The slot of the flight that a cancel was for, unless another one has taken its place.
  private func target(ofCancel token: Token) -> Int? {
    let slot = Int(token.generation & 0xff_ffff)
    let isSame = table[slot].generation & 0xff == token.generation >> 24
    return isSame && table[slot].state == .inKernel ? slot : nil
  }

  /// Asks for an operation's end; its recipient still hears of it once.
  mutating func cancel(_ token: Token) {
    guard let slot = table.slot(for: token) else { return }
    requestEnd(of: slot)
  }

  mutating func requestEnd(of slot: Int) {
    guard !table[slot].facts.contains(.endRequested) else { return }
    table[slot].facts.insert(.endRequested)
    switch table[slot].state {
    case .inKernel:
      controls.append(.cancel(table.token(of: slot)))
    case .queued:
      break  // Ends when its turn in the backlog comes.
    case .pausing:
      timers.remove(slot)
      endWithoutKernel(slot, result: -Errno.canceled.rawValue)
    case .awaitingBuffer:
      timers.remove(slot)
      bufferLine.remove(slot)
      endWithoutKernel(slot, result: -Errno.canceled.rawValue)
    case .awaitingDescriptor:
      timers.remove(slot)
      descriptorLine.remove(slot)
      endWithoutKernel(slot, result: -Errno.canceled.rawValue)
    case .free:
      preconditionFailure("slot \(slot) is free")
    }
  }

  /// A cancel that missed is repeated for as long as its target stays with the kernel.
  ///
  /// ENOENT and EALREADY say that the target has ended or is at work (io_uring_cancelation(7)); but
  /// one that was just being retried, or handed to a worker thread, is neither found nor stopped
  /// and may then wait for ever (Linux 6.18, io_uring/cancel.c).
  mutating func settleCancel(_ completion: Completion, at now: @autoclosure () -> UInt64) {
    guard completion.error == .noSuchFileOrDirectory || completion.error == .alreadyInProcess
    else { return settleControl(completion) }
    guard let slot = target(ofCancel: completion.token) else { return }
    if isToEndInKernel(slot) {
      guard table[slot].phase != .notification else { return }
      timers.schedule(slot, at: now() + Self.cancelPause)
    } else if isTriedOnce(slot) {
      // Another acceptor was faster than its second try, which is at work.
      controls.append(.cancel(table.token(of: slot)))
    }
  }

  /// Whether a flight is to end with EAGAIN where others wait, by a cancel behind its request.
  func isTriedOnce(_ slot: Int) -> Bool {
    table[slot].phase == .request && forms.needsCancel(table[slot].request)
      && !table[slot].facts.contains(.endRequested)
  }

  /// Asks again for the end of an operation, if it is still to be ended.
  mutating func cancelAgain(_ slot: Int) {
    guard isToEndInKernel(slot) else { return }
    statistics.repeatedCancels += 1
    controls.append(.cancel(table.token(of: slot)))
  }

  private func isToEndInKernel(_ slot: Int) -> Bool {
    table[slot].state == .inKernel && table[slot].facts.contains(.endRequested)
  }

  /// Long enough for a target at work to end by itself, short enough to be waited for.
  private static var cancelPause: UInt64 { 1_000_000 }

  /// What comes of a request that nobody waits for.
  mutating func settleControl(_ completion: Completion) {
    if let buffers = completion.token.providedBuffers {
      refusals.settle(buffers, result: completion.result)
    }
    guard let error = completion.error else { return }
    assert(!Self.mistakes.contains(error), "\(completion.token) failed: \(error)")
    statistics.controlFailures += 1
  }
}
