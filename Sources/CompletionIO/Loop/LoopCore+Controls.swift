// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Completions that belong to no flight.
extension LoopCore {
  /// A completion of a request that nobody waits for, or of a flight that has ended.
  mutating func settleStale(
    _ completion: Completion, at now: @autoclosure () -> UInt64
  ) -> Delivery? {
    guard completion.token.slot != Self.controlSlot else {
      settleControl(completion, at: now())
      return nil
    }
    statistics.staleCompletions += 1
    // Its load goes back: a descriptor here, a buffer with the delivery to nobody.
    if completion.token.operation == .accept, completion.result >= 0 {
      let number = completion.result
      post(.close(usesDirectTable ? .direct(number) : .file(FileDescriptor(rawValue: number))))
    }
    return unsafe Delivery(
      owner: nil, isLast: false, bufferGroup: memory.group(ofStale: completion.token),
      outcome: Outcome(token: completion.token, result: 0, flags: completion.flags))
  }

  /// Acts on the verdict about a request that nobody waits for.
  private mutating func settleControl(
    _ completion: Completion, at now: @autoclosure () -> UInt64
  ) {
    let token = completion.token
    switch ControlVerdict(for: ControlAnswer(kind: kind(of: token), result: completion.result)) {
    case .ignore:
      break
    case .cancelAgain:
      if let slot = target(ofCancel: token) { controls.append(.cancel(table.token(of: slot))) }
    case .cancelAgainAfterPause:
      if let slot = target(ofCancel: token) { timers.schedule(slot, at: now() + Self.cancelPause) }
    case .offerAgain(let buffers):
      refusals.note(buffers)
      if !buffers.isEmpty { countControlFailure(completion) }
    case .countFailure:
      countControlFailure(completion)
    }
  }

  private func kind(of token: Token) -> ControlAnswer.Kind {
    if let buffers = token.providedBuffers { return .provision(of: buffers) }
    guard token.operation == .cancel else { return .other }
    return .cancel(
      of: target(ofCancel: token).map { slot in
        var facts = table[slot].facts
        if isTriedOnce(slot) { facts.insert(.triedOnce) }
        return ControlAnswer.Target(phase: table[slot].phase, facts: facts)
      })
  }

  private mutating func countControlFailure(_ completion: Completion) {
    if let error = completion.error {
      assert(!Self.mistakes.contains(error), "\(completion.token) failed: \(error)")
    }
    statistics.controlFailures += 1
  }

  /// The slot in the tokens of requests that nobody waits for; a flight table has no such place.
  static var controlSlot: Int { Token.slotLimit - 1 }

  /// The token of a request that nobody waits for; a cancel's says which flight it is for.
  static func controlToken(of request: Request) -> Token {
    let target = Token(rawValue: request.operation == .cancel ? request.operand : 0)
    return Token(
      slot: controlSlot, generation: UInt32(target.slot) | target.generation << 24,
      operation: request.operation)
  }

  /// The slot of the flight that a cancel was for; `nil` if the flight is not with the kernel any
  /// more.
  private func target(ofCancel token: Token) -> Int? {
    let slot = Int(token.generation & 0xff_ffff)
    let isSame = table[slot].generation & 0xff == token.generation >> 24
    return isSame && table[slot].state == .inKernel ? slot : nil
  }

  /// Long enough for a target at work to end by itself, short enough to be waited for.
  private static var cancelPause: UInt64 { 1_000_000 }
}
