internal import SystemPackage
internal import Uring

// What polls come to that are in the kernel in place of a flight's own request.
extension LoopCore {
  /// A connect that waited for writability is decided; SO_ERROR says how (connect(2)).
  mutating func settleWritability<K: Kernel & ~Copyable>(
    _ slot: Int, _ completion: Completion, on kernel: inout K
  ) -> Delivery? {
    if pollsAgain(slot, completion) { return nil }
    statistics.count(completion.result < 0 ? .surface : .readPendingError)
    guard completion.result >= 0 else {
      return surface(slot, completion, result: completion.result)
    }
    statistics.otherSystemCalls += 1
    var result = kernel.pendingError(of: table[slot].request.descriptor)
    // A socket that is not even connecting is "writable", and has no error: it has hung up
    // (tcp_poll).
    if result == 0, completion.result & Self.hangUpMask != 0 {
      result = -Errno.socketNotConnected.rawValue
    }
    return surface(slot, completion, result: result)
  }

  /// The socket is ready for a request that could not wait itself.
  mutating func settleReadiness(_ slot: Int, _ completion: Completion) -> Delivery? {
    table[slot].phase = .request
    if pollsAgain(slot, completion) { return nil }
    guard completion.result >= 0 else {
      statistics.count(.surface)
      return surface(slot, completion, result: completion.result)
    }
    table[slot].request.options.remove(.pollFirst)
    enqueue(slot)
    return nil
  }

  /// A connection that has ended in both directions, though this side has ended none, is reset.
  mutating func settleHangUp(_ slot: Int, _ completion: Completion) -> Delivery? {
    if pollsAgain(slot, completion) { return nil }
    statistics.count(.surface)
    guard completion.result >= 0 else {
      return surface(slot, completion, result: completion.result)
    }
    let hasHungUp = completion.result & Self.hangUpMask != 0
    return surface(slot, completion, result: hasHungUp ? -Errno.connectionReset.rawValue : 0)
  }

  /// Submits a poll again that a signal has ended; whether it did.
  private mutating func pollsAgain(_ slot: Int, _ completion: Completion) -> Bool {
    guard completion.error == .interrupted, !table[slot].facts.contains(.endRequested),
      table[slot].attempt < ResubmissionPolicy.attemptLimit
    else { return false }
    statistics.count(.resubmit)
    submitAgain(slot)
    return true
  }

  /// POLLHUP (poll(2)).
  private static var hangUpMask: Int32 { 0x10 }
}
