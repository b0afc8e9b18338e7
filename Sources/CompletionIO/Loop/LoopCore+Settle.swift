// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// An answer on its way to the owner of an operation.
@safe
struct Delivery {
  /// Who is told; `nil` if only what the answer carries is to be given back.
  var owner: Unmanaged<OperationOwner>?
  /// Whether this is the last answer, which takes over the flight's reference to its owner.
  var isLast: Bool
  /// Names the pool of the buffer that the answer carries, if it does.
  var bufferGroup: UInt16
  var outcome: Outcome
}

extension LoopCore {
  /// Applies one completion: the one place where verdicts meet the machine.
  ///
  /// - Returns: What to deliver, if the operation's owner is to be notified.
  mutating func settle<K: Kernel & ~Copyable>(
    _ completion: Completion, on kernel: inout K
  ) -> Delivery? {
    statistics.completions += 1
    guard let slot = table.slot(for: completion.token) else {
      return settleStale(completion, at: kernel.now)
    }
    assert(table[slot].state == .inKernel, "\(completion.token) is not with the kernel")
    if completion.result >= 0, isPlainSuccess(slot, completion) {
      assert(
        table.policy(of: slot).verdict(for: answer(of: slot, completion)) == .surface,
        "the shortcut decides about \(table[slot].request) against the policy")
      statistics.verdicts[Verdict.Kind.surface.rawValue] += 1
      return surface(slot, completion, result: completion.result)
    }
    return decide(slot, completion, on: &kernel)
  }

  /// The verdict `.surface` for nearly all answers, without asking.
  private func isPlainSuccess(_ slot: Int, _ completion: Completion) -> Bool {
    guard table[slot].phase == .request else { return false }
    return switch table[slot].request.operation {
    case .send: completion.result == Int32(bitPattern: table[slot].request.count)
    case .accept, .receiveMessage: completion.hasMore || !table[slot].request.isMultishot
    case .receive:
      completion.result > 0 && (completion.hasMore || !table[slot].request.isMultishot)
    default: false
    }
  }

  /// Asks for the verdict; apart from ``settle(_:on:)``, so that the shortcut stays small.
  @inline(never)
  private mutating func decide<K: Kernel & ~Copyable>(
    _ slot: Int, _ completion: Completion, on kernel: inout K
  ) -> Delivery? {
    var completion = completion
    completion.result = Self.told(completion.result)
    if table[slot].phase == .notification {
      completion.result = table[restOf: slot].heldResult
      completion.flags = []
    }
    let answer = answer(of: slot, completion)
    let verdict = table.policy(of: slot).verdict(for: answer)
    statistics.count(verdict)
    assert(
      !isMistake(completion.result, verdict, of: slot), mistake(completion.result, of: slot))
    // A notification has told all it had to; what is submitted now is the request.
    if answer.phase == .notification { table[slot].phase = .request }
    return apply(verdict, to: slot, answer, completion, on: &kernel)
  }

  /// The errno that a result stands for.
  ///
  /// A splice that a signal finds waiting, as that of a cancel, ends with what only the kernel knows,
  /// ERESTARTSYS and its kin (io_splice, Linux 6.18), where a send says EINTR.
  private static func told(_ result: Int32) -> Int32 {
    switch result {
    case -516 ... -512: -Errno.interrupted.rawValue
    default: result
    }
  }

  private mutating func apply<K: Kernel & ~Copyable>(
    _ verdict: Verdict, to slot: Int, _ answer: Answer, _ completion: Completion,
    on kernel: inout K
  ) -> Delivery? {
    switch verdict {
    case .surface:
      return surface(slot, completion, result: completion.result)
    case .surfaceAs(let error):
      table[restOf: slot].byteCount += answer.movedByteCount
      return surface(slot, completion, result: -error.rawValue)
    case .surfaceAndRearm:
      enqueue(slot)
      return deliveryOfMany(slot, completion)
    case .readPendingError:
      if answer.hasHungUp { table[slot].facts.insert(.hungUp) }
      table[slot].phase = .pendingError
      statistics.otherSystemCalls += 1
      let result = kernel.pendingError(of: table[slot].request.descriptor)
      return decide(slot, Completion(token: completion.token, result: result), on: &kernel)
    case .sendRest:
      table[restOf: slot].byteCount += answer.movedByteCount
      table[slot].request = table[slot].request.advanced(by: answer.movedByteCount)
      if answer.movedByteCount > 0 { table[slot].attempt = 0 }
      submitAgain(slot)
    case .pollFirst:
      table[slot].request.options.remove(.doNotWait)
      table[slot].request.options.insert(.pollFirst)
      submitAgain(slot)
    case .goOnWithRequest:
      table[slot].phase = .request
      table[slot].request.options.remove(.pollFirst)
      enqueue(slot)
    case .resubmit:
      submitAgain(slot)
    case .awaitWritability:
      table[slot].phase = .writability
      submitAgain(slot)
    case .awaitNotification:
      table[slot].phase = .notification
      table[restOf: slot].heldResult = completion.result
      if table[slot].facts.contains(.cancelRequested) { freeMemory(of: slot) }
    case .awaitBuffer, .awaitDescriptor, .backOff:
      wait(verdict, slot, from: kernel.now)
    case .dropCapability:
      table[slot].dropCapability()
      submitAgain(slot)
    }
    // The flight goes on; what this answer carried (a buffer, with an error) goes back.
    guard completion.bufferIndex != nil else { return nil }
    return unsafe Delivery(
      owner: nil, isLast: false, bufferGroup: table[slot].request.bufferGroup,
      outcome: table[slot].outcome(
        completion.token, result: 0, flags: completion.flags, table[restOf: slot]))
  }

  /// Puts a flight where it waits for a buffer, a descriptor or the clock.
  private mutating func wait(_ verdict: Verdict, _ slot: Int, from now: UInt64) {
    switch verdict {
    case .awaitBuffer:
      table[slot].state = .awaitingBuffer
      if isOfStreamPool(slot) { streamBufferLine.append(slot) } else { bufferLine.append(slot) }
    case .awaitDescriptor(let limit):
      let attempt = table[slot].attempt
      pause(slot, for: limit, from: now)
      // Has no limit, and leaves half of what other answers have.
      table[slot].attempt = min(attempt + 1, UInt32(ResubmissionPolicy.attemptLimit) / 2)
      table[slot].state = .awaitingDescriptor
      descriptorLine.append(slot)
    case .backOff(let duration):
      pause(slot, for: duration, from: now)
    default:
      preconditionFailure("\(verdict) is no wait")
    }
  }

  mutating func submitAgain(_ slot: Int) {
    table[slot].countAttempt()
    enqueue(slot)
  }

  private mutating func pause(_ slot: Int, for duration: Duration, from now: UInt64) {
    table[slot].countAttempt()
    table[slot].state = .pausing
    let time = now + UInt64(duration.clampedNanoseconds)
    let deadline = table[restOf: slot].deadline
    timers.schedule(slot, at: deadline == 0 ? time : min(time, deadline))
  }

  mutating func surface(
    _ slot: Int, _ completion: Completion, result: Int32
  ) -> Delivery {
    if completion.hasMore { return deliveryOfMany(slot, completion) }
    var result = result
    var rest = table[restOf: slot]
    if result > 0, table[slot].request.operation.movesBytes {
      rest.byteCount += UInt32(result)
      result = Int32(clamping: rest.byteCount)
    }
    let outcome = table[slot].outcome(
      completion.token, result: result, flags: completion.flags, rest)
    if rest.deadline != 0 || table[slot].facts.contains(.cancelRequested) {
      timers.remove(slot)
    }
    let group = table[slot].request.bufferGroup
    return unsafe Delivery(
      owner: table.retire(slot), isLast: true, bufferGroup: group, outcome: outcome)
  }

  /// One of several answers; the flight stays.
  private func deliveryOfMany(_ slot: Int, _ completion: Completion) -> Delivery {
    let outcome = table[slot].outcome(
      completion.token, result: completion.result, flags: completion.flags.union(.more),
      table[restOf: slot])
    // What goes well does not count against a request that lives for months.
    table[slot].attempt = 1
    return unsafe Delivery(
      owner: table[slot].owner, isLast: false, bufferGroup: table[slot].request.bufferGroup,
      outcome: outcome)
  }
}
