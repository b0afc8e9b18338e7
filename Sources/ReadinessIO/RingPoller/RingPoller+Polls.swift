// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// Requests to the ring, and their completions.
extension RingPoller {
  static func pollToken(_ slot: Int, _ generation: UInt32) -> Token {
    Token(slot: slot, generation: generation, operation: .poll)
  }

  static func cancelToken(_ slot: Int) -> Token {
    Token(slot: slot, generation: 0, operation: .cancel)
  }

  /// Has the next wait hand a poll to the kernel.
  mutating func listToArm(_ slot: Int) {
    registrations[slot].state.insert(.awaitsArming)
    guard !registrations[slot].state.contains(.listed) else { return }
    registrations[slot].state.insert(.listed)
    toArm.append(Int32(slot))
  }

  /// Has the next look include a descriptor.
  mutating func addCandidate(_ slot: Int) {
    registrations[slot].state.insert(.candidate)
    guard !registrations[slot].state.contains(.queued) else { return }
    registrations[slot].state.insert(.queued)
    candidates.append(Int32(slot))
  }

  /// Hands all listed polls over, or into the submission queue at least.
  mutating func armListed() throws(Errno) {
    var done = 0
    defer {
      if done == toArm.count {
        toArm.removeAll(keepingCapacity: true)
      } else {
        toArm.removeFirst(done)
      }
    }
    // Not `for in`: submitting reaps, and what is reaped may be listed again.
    while done < toArm.count {
      let slot = Int(toArm[done])
      if registrations[slot].state.contains(.awaitsArming) {
        try arm(slot)
      }
      registrations[slot].state.remove(.listed)
      done += 1
    }
  }

  private mutating func arm(_ slot: Int) throws(Errno) {
    assert(!registrations[slot].state.contains(.armed), "descriptor \(slot) has a poll already")
    let generation = registrations[slot].generation &+ 1
    let request = Request.poll(
      .file(FileDescriptor(rawValue: Int32(slot))), mask: registrations[slot].interest.rawValue,
      options: registrations[slot].wantsMultishot ? .multishot : [])
    try prepare(request, token: Self.pollToken(slot, generation))
    registrations[slot].generation = generation
    registrations[slot].state.remove(.awaitsArming)
    registrations[slot].state.insert(.armed)
  }

  /// Asks for the end of a poll.
  ///
  /// Its last completion is stale and will be passed over. Not by `IORING_OP_POLL_REMOVE`, which
  /// answers -EALREADY for a poll that has just been woken, and leaves a multishot one armed
  /// (io_poll_disarm, Linux 6.18).
  mutating func disarm(_ slot: Int) throws(Errno) {
    guard registrations[slot].state.contains(.armed) else { return }
    let token = Self.pollToken(slot, registrations[slot].generation)
    try prepare(.cancel(token), token: Self.cancelToken(slot))
    registrations[slot].state.remove(.armed)
  }

  /// Puts a request into the submission queue, making room if need be.
  private mutating func prepare(_ request: Request, token: Token) throws(Errno) {
    while !ring.prepare(request, token: token) {
      try submit()
    }
  }

  /// Hands over what is prepared, without waiting.
  mutating func submit() throws(Errno) {
    _ = try enter(minimumCompletionCount: 0, timeout: nil)
  }

  /// Hands over what is prepared and waits for a completion.
  ///
  /// An enter that took requests answers with their count, whatever ended its wait
  /// (io_uring_enter(2), "RETURN VALUE"). A wait that ended before its time and without a completion
  /// was ended by a signal, which nobody else would tell of.
  mutating func sleep(
    timeout: Duration?, until deadline: ContinuousClock.Instant?
  ) throws(Errno) {
    let requestCount = ring.preparedCount
    let completionCount = try enter(minimumCompletionCount: 1, timeout: timeout)
    // A kernel that took only a part of the requests did not wait.
    guard requestCount > 0, ring.preparedCount == 0, completionCount == 0 else { return }
    if let deadline, ContinuousClock.now >= deadline { return }
    throw .interrupted
  }

  /// Enters the kernel and takes in what completed.
  ///
  /// - Returns: How many completions there were.
  private mutating func enter(
    minimumCompletionCount: Int, timeout: Duration?
  ) throws(Errno) -> Int {
    do throws(Errno) {
      _ = try ring.enter(minimumCompletionCount: minimumCompletionCount, timeout: timeout)
    } catch .resourceBusy {
      // The completion queue must be emptied first (io_uring_enter(2)).
      return max(1, reap())
    } catch {
      _ = reap()
      throw error
    }
    return reap()
  }

  /// Takes in the completions that are there.
  ///
  /// - Returns: How many there were.
  @discardableResult
  mutating func reap() -> Int {
    var total = 0
    var count: Int
    repeat {
      count = unsafe ring.reap(into: batch)
      for index in 0..<count { unsafe note(batch[index]) }
      total += count
    } while unsafe count == batch.count
    return total
  }

  /// Turns a completion into a candidate, unless it is stale.
  private mutating func note(_ completion: Completion) {
    let slot = completion.token.slot
    guard completion.token.operation == .poll,
      registrations[slot].generation == completion.token.generation,
      registrations[slot].state.contains(.armed)
    else { return }
    if !completion.hasMore { registrations[slot].state.remove(.armed) }
    if completion.result >= 0 {
      addCandidate(slot)
    } else {
      pollFailed(slot, completion)
    }
  }

  private mutating func pollFailed(_ slot: Int, _ completion: Completion) {
    switch completion.error {
    case .badFileDescriptor:
      // Closed before it was deregistered; epoll forgets such a file too.
      registrations[slot].clear()
    case let error:
      failure = error
      if !completion.hasMore { listToArm(slot) }
    }
  }
}
