internal import SystemPackage
internal import Uring

/// What to tell whom.
@safe
struct Delivery {
  /// Nobody hears of it if `nil`; what it carries is given back all the same.
  var owner: Unmanaged<OperationOwner>?
  /// Whether this is the last answer, which takes over the flight's reference to its owner.
  var isLast: Bool
  var outcome: Outcome
}

extension LoopCore {
  /// Applies one completion: the one place where verdicts meet the machine.
  ///
  /// - Returns: What to deliver, if the operation's owner is to hear of this.
  mutating func settle<K: Kernel & ~Copyable>(
    _ completion: Completion, on kernel: inout K
  ) -> Delivery? {
    statistics.completions += 1
    guard let slot = table.slot(for: completion.token) else {
      return settleStale(completion, at: kernel.now)
    }
    assert(table[slot].state == .inKernel, "\(completion.token) is not with the kernel")
    if completion.result >= 0, isPlainSuccess(slot, completion) {
      statistics.verdicts[Verdict.Kind.surface.rawValue] += 1
      return surface(slot, completion, result: completion.result)
    }
    return decide(slot, completion, on: &kernel)
  }

  /// Apart, so that what nearly always happens stays small.
  @inline(never)
  private mutating func decide<K: Kernel & ~Copyable>(
    _ slot: Int, _ completion: Completion, on kernel: inout K
  ) -> Delivery? {
    var completion = completion
    switch table[slot].phase {
    case .request:
      if table[slot].request.operation == .sendZeroCopy, completion.hasMore {
        // Whatever it came to, its memory is the kernel's until the notification, and so the
        // verdict has to wait for that (io_uring_enter(2), IORING_OP_SEND_ZC).
        table[slot].phase = .notification
        table[slot].heldResult = completion.result
        return nil
      }
    case .notification:
      table[slot].phase = .request
      completion.result = table[slot].heldResult
      completion.flags = []
    case .writability:
      return settleWritability(slot, completion, on: &kernel)
    case .readiness:
      return settleReadiness(slot, completion)
    case .hangUp:
      return settleHangUp(slot, completion)
    }
    if completion.error == .canceled, isTriedOnce(slot) {
      completion.result = -Errno.resourceTemporarilyUnavailable.rawValue
    }
    if completion.result == 0, hasSendUnderWay(beside: slot) {
      table[slot].facts.insert(.sendUnderWay)
    }
    let answer = table[slot].answer(result: completion.result, hasMore: completion.hasMore)
    let verdict = table[slot].policy.verdict(for: answer)
    statistics.count(verdict)
    assert(
      !isMistake(completion.result, verdict, of: slot), mistake(completion.result, of: slot))
    return apply(verdict, to: slot, completion, on: &kernel)
  }

  /// The verdict `.surface` for the answers that are nearly all answers, without asking.
  private func isPlainSuccess(_ slot: Int, _ completion: Completion) -> Bool {
    guard table[slot].phase == .request else { return false }
    return switch table[slot].request.operation {
    case .send: completion.result == Int32(bitPattern: table[slot].request.count)
    case .accept: completion.hasMore || !table[slot].request.isMultishot
    case .receive:
      completion.result > 0 && (completion.hasMore || !table[slot].request.isMultishot)
    default: false
    }
  }

  private mutating func apply<K: Kernel & ~Copyable>(
    _ verdict: Verdict, to slot: Int, _ completion: Completion, on kernel: inout K
  ) -> Delivery? {
    switch verdict {
    case .surface:
      return surface(slot, completion, result: resultToTell(slot, completion))
    case .surfaceAndRearm:
      enqueue(slot)
      return deliveryOfMany(slot, completion)
    case .resubmit:
      submitAgain(slot)
    case .sendRest:
      let moved = UInt32(completion.result)
      table[slot].byteCount += moved
      table[slot].request = table[slot].request.advanced(by: moved)
      if moved > 0 { table[slot].attempt = 0 }
      submitAgain(slot)
    case .pollFirst:
      table[slot].request.options.remove(.doNotWait)
      table[slot].request.options.insert(.pollFirst)
      submitAgain(slot)
    case .awaitWritability:
      table[slot].phase = .writability
      submitAgain(slot)
    case .readPendingError:
      let result = kernel.pendingError(of: table[slot].request.descriptor)
      statistics.otherSystemCalls += 1
      return surface(slot, completion, result: result)
    case .confirmEnd:
      table[slot].phase = .hangUp
      submitAgain(slot)
    case .awaitBuffer:
      table[slot].state = .awaitingBuffer
      bufferLine.append(slot)
    case .awaitDescriptor(let limit):
      let attempt = table[slot].attempt
      pause(slot, for: limit, from: kernel.now)
      // Has no limit, and leaves half of what other answers have.
      table[slot].attempt = min(attempt + 1, UInt32(ResubmissionPolicy.attemptLimit) / 2)
      table[slot].state = .awaitingDescriptor
      descriptorLine.append(slot)
    case .backOff(let duration):
      pause(slot, for: duration, from: kernel.now)
    case .dropCapability:
      table[slot].dropCapability()
      submitAgain(slot)
    }
    // The flight goes on; what this answer carried (a buffer, with an error) goes back.
    guard completion.bufferIndex != nil else { return nil }
    return unsafe Delivery(
      owner: nil, isLast: false,
      outcome: table[slot].outcome(completion.token, result: 0, flags: completion.flags))
  }

  mutating func submitAgain(_ slot: Int) {
    table[slot].countAttempt()
    enqueue(slot)
  }

  private mutating func pause(_ slot: Int, for duration: Duration, from now: UInt64) {
    table[slot].countAttempt()
    table[slot].state = .pausing
    let time = now + UInt64(duration.clampedNanoseconds)
    let deadline = table[slot].deadline
    timers.schedule(slot, at: deadline == 0 ? time : min(time, deadline))
  }

  mutating func surface(
    _ slot: Int, _ completion: Completion, result: Int32
  ) -> Delivery {
    if completion.hasMore { return deliveryOfMany(slot, completion) }
    var result = result
    if result > 0, table[slot].request.operation.movesBytes {
      table[slot].byteCount += UInt32(result)
      result = Int32(clamping: table[slot].byteCount)
    }
    let outcome = table[slot].outcome(completion.token, result: result, flags: completion.flags)
    if table[slot].deadline != 0 || table[slot].facts.contains(.endRequested) {
      timers.remove(slot)
    }
    return unsafe Delivery(owner: table.retire(slot), isLast: true, outcome: outcome)
  }

  /// What the owner is told: a send that was cut short by a cancel or a deadline has failed, and
  /// its count of bytes says how far it came.
  private mutating func resultToTell(_ slot: Int, _ completion: Completion) -> Int32 {
    let operation = table[slot].request.operation
    guard completion.result >= 0, operation == .send || operation == .sendZeroCopy,
      UInt32(completion.result) < table[slot].request.count,
      table[slot].facts.contains(.endRequested)
    else { return completion.result }
    table[slot].byteCount += UInt32(completion.result)
    return -Errno.canceled.rawValue
  }

  /// One of several answers; the flight stays.
  private func deliveryOfMany(_ slot: Int, _ completion: Completion) -> Delivery {
    let outcome = table[slot].outcome(
      completion.token, result: completion.result, flags: completion.flags.union(.more))
    // What goes well does not count against a request that lives for months.
    table[slot].attempt = 1
    return unsafe Delivery(owner: table[slot].owner, isLast: false, outcome: outcome)
  }

  private func hasSendUnderWay(beside slot: Int) -> Bool {
    guard table[slot].request.operation == .receive else { return false }
    return unsafe table[slot].owner?._withUnsafeGuaranteedRef { $0.hasSendUnderWay } ?? false
  }

  /// A completion for nobody still gives back what it carries.
  private mutating func settleStale(
    _ completion: Completion, at now: @autoclosure () -> UInt64
  ) -> Delivery? {
    guard completion.token.slot != Token.slotLimit - 1 else {
      if completion.token.operation == .cancel {
        settleCancel(completion, at: now())
      } else {
        settleControl(completion)
      }
      return nil
    }
    statistics.staleCompletions += 1
    if completion.token.operation == .accept, completion.result >= 0 {
      let number = completion.result
      post(.close(usesDirectTable ? .direct(number) : .file(FileDescriptor(rawValue: number))))
    }
    return unsafe Delivery(
      owner: nil, isLast: false,
      outcome: Outcome(token: completion.token, result: 0, flags: completion.flags))
  }
}
