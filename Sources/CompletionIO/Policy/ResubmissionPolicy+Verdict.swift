internal import SystemPackage
internal import Uring

extension ResubmissionPolicy {
  /// Decides what to do with an answer of the kernel.
  ///
  /// Pure: the same answer always gets the same verdict. The table that this implements is in the
  /// documentation ("Resubmission policies"), one row an errno, one column an operation.
  ///
  /// - Parameter answer: What the kernel said, to what.
  /// - Returns: What to do next. A request whose owner asked for its end is never submitted again,
  ///   nor one that is still armed.
  public func verdict(for answer: Answer) -> Verdict {
    if answer.facts.contains(.hasMore) { return .surface }
    if answer.result >= 0 { return verdictForSuccess(answer) }
    if answer.facts.contains(.endRequested) { return .surface }
    let error = Errno(rawValue: -answer.result)
    switch answer.operation {
    case .accept: return verdictForAccept(answer, error)
    case .receive: return verdictForReceive(answer, error)
    case .send, .sendMessage, .sendZeroCopy: return verdictForSend(answer, error)
    case .connect: return verdictForConnect(answer, error)
    case .read, .poll:
      return error == .interrupted ? answer.again : .surface
    case .nop, .pollRemove, .cancel, .shutdown, .close, .message, .timer, .timeout, .linkTimeout:
      // Above all a close: Linux frees the descriptor even on EINTR (close(2)), and a second
      // close would hit a stranger's.
      return .surface
    }
  }

  /// Partial sends go on; multishot requests that ended after a success are armed again.
  private func verdictForSuccess(_ answer: Answer) -> Verdict {
    let mayGoOn = !answer.facts.contains(.endRequested)
    switch answer.operation {
    case .send, .sendZeroCopy:
      let isPartial = answer.result < answer.byteCount && !answer.facts.contains(.datagram)
      guard isPartial, mayGoOn, self != .nonblocking else { return .surface }
      // Each try should move something; one that moves nothing counts against the limit.
      return answer.result > 0 || answer.mayTryAgain ? .sendRest : .surface
    case .sendMessage:
      return .surface  // Its sender gathers the rest again.
    case .accept:
      return answer.options.contains(.multishot) && mayGoOn ? .surfaceAndRearm : .surface
    case .receive where answer.result == 0:
      // The end of a stream, which no new receive would change. Or a reset whose error went to a
      // send that had moved bytes, and so told only of those (io_send).
      return answer.facts.contains(.sendUnderWay) && mayGoOn ? .confirmEnd : .surface
    case .receive:
      return answer.options.contains(.multishot) && mayGoOn ? .surfaceAndRearm : .surface
    case .nop, .connect, .poll, .pollRemove, .read, .cancel, .shutdown, .close, .message, .timer,
      .timeout, .linkTimeout:
      return .surface
    }
  }

  /// The answer "not now" under this policy.
  private func verdictForWouldBlock(_ answer: Answer) -> Verdict {
    switch self {
    case .completion: verdictForWaiting(answer)
    case .nonblocking: .surface
    case .backoff(let initial, let limit):
      .backOff(Self.pause(after: answer.attempt, initial: initial, limit: limit))
    case .retry(let limit): answer.attempt <= limit ? .resubmit : .surface
    }
  }

  /// Has the kernel wait, unless the caller asked it not to.
  private func verdictForWaiting(_ answer: Answer) -> Verdict {
    guard answer.mayTryAgain, !answer.options.contains(.doNotWait) else { return .surface }
    // A kernel that has refused an option may not know this one either, and then says EINVAL.
    return answer.facts.contains(.capabilityDropped)
      ? .backOff(Self.scarcityPause(after: answer.attempt)) : .pollFirst
  }

  /// The pause after an attempt: `initial` doubled each time, at most `limit`, and never so short
  /// that it would be a way to spin.
  static func pause(after attempt: Int, initial: Duration, limit: Duration) -> Duration {
    let factor = 1 << min(attempt - 1, 20)
    // Compared by division, because the product can be too long for a duration.
    let pause = initial < limit / factor ? initial * factor : limit
    return max(pause, .microseconds(1))
  }

  /// The pause for a want that is not the peer's: memory, descriptors.
  static func scarcityPause(after attempt: Int) -> Duration {
    pause(after: attempt, initial: .milliseconds(1), limit: .milliseconds(100))
  }
}

extension Answer {
  /// Whether the operation may be submitted once more under the general limit.
  var mayTryAgain: Bool { attempt < ResubmissionPolicy.attemptLimit }

  /// Once more at once, within the general limit.
  var again: Verdict { mayTryAgain ? .resubmit : .surface }

  /// Once more after a pause for what is scarce, within the general limit.
  var afterPause: Verdict {
    mayTryAgain ? .backOff(ResubmissionPolicy.scarcityPause(after: attempt)) : .surface
  }
}

// The rows of the table, one operation a function.
extension ResubmissionPolicy {
  private func verdictForAccept(_ answer: Answer, _ error: Errno) -> Verdict {
    switch error {
    case .resourceTemporarilyUnavailable:
      return verdictForWouldBlock(answer)
    case .interrupted:
      return answer.again
    case .canceled:
      // Nobody asked: a ring or a chain was torn down. Only a long-lived request is worth it.
      return answer.options.contains(.multishot) ? answer.again : .surface
    case .connectionAbort, .protocolError:
      // The waiting connection is gone; the next one is not (accept(2)). However many are, that
      // is no fault of the listener.
      return answer.mayTryAgain ? .resubmit : .backOff(.milliseconds(1))
    case .notPermitted:
      // A firewall refuses the connection (accept(2)), or a security module every one.
      return answer.again
    case .tooManyOpenFiles, .tooManyOpenFilesInSystem:
      // A multishot accept fails at once, even with nobody waiting, because the descriptor is
      // taken first (io_accept): arming again at once would spin.
      return .awaitDescriptor(atMost: Self.scarcityPause(after: answer.attempt))
    case .noBufferSpace, .noMemory:
      return .backOff(Self.scarcityPause(after: answer.attempt))
    case .invalidArgument:
      return verdictForRefusedOption(answer)
    default:
      return .surface
    }
  }

  private func verdictForReceive(_ answer: Answer, _ error: Errno) -> Verdict {
    switch error {
    case .resourceTemporarilyUnavailable:
      return verdictForWouldBlock(answer)
    case .interrupted:
      return answer.again
    case .canceled:
      return answer.options.contains(.multishot) ? answer.again : .surface
    case .noBufferSpace:
      // With a buffer group this is the empty pool, not the socket, and it comes at arming time
      // even without data (Linux 6.18; liburing #688).
      if answer.options.contains(.selectBuffer) { return .awaitBuffer }
      return answer.afterPause
    case .noMemory:
      return answer.afterPause
    case .invalidArgument:
      return verdictForRefusedOption(answer)
    default:
      return .surface
    }
  }

  private func verdictForSend(_ answer: Answer, _ error: Errno) -> Verdict {
    switch error {
    case .resourceTemporarilyUnavailable:
      return verdictForWouldBlock(answer)
    case .nowInProgress, .alreadyInProcess:
      // TCP fast open on kernels to 6.2: the connect under the send is still going on.
      return self == .nonblocking ? .surface : verdictForWouldBlock(answer)
    case .interrupted:
      return answer.again
    case .noBufferSpace:
      return answer.afterPause
    case .noMemory:
      // Zero copy counts against the locked-memory limit (io_notif_account_mem); a copy does not.
      if answer.operation == .sendZeroCopy { return verdictForRefusedOption(answer) }
      return answer.afterPause
    case .notSupportedOnSocket:
      return answer.operation == .sendZeroCopy ? verdictForRefusedOption(answer) : .surface
    case .invalidArgument:
      return verdictForRefusedOption(answer)
    default:
      return .surface
    }
  }

  private func verdictForConnect(_ answer: Answer, _ error: Errno) -> Verdict {
    switch error {
    case .nowInProgress, .alreadyInProcess:
      // Our own connect is under way: wait for its end, never issue it again.
      return self == .nonblocking ? .surface : .awaitWritability
    case .interrupted:
      // Issuing it again would answer EALREADY; it goes on by itself (connect(2)).
      return .awaitWritability
    case .socketIsConnected:
      return .readPendingError
    case .resourceTemporarilyUnavailable:
      if self == .nonblocking { return .surface }
      if answer.facts.contains(.unixDomain) {
        guard case .completion = self else { return verdictForWouldBlock(answer) }
        return answer.afterPause
      }
      return .awaitWritability
    case .noBufferSpace, .noMemory:
      return answer.afterPause
    default:
      return .surface
    }
  }

  /// An option that an older kernel or this socket refuses is dropped, once.
  private func verdictForRefusedOption(_ answer: Answer) -> Verdict {
    guard !answer.facts.contains(.capabilityDropped) else { return .surface }
    var optional: Request.Options = [.pollFirst, .multishot]
    // IORING_ACCEPT_DONTWAIT is of Linux 6.10. Without it the accept waits, which `.nonblocking`
    // has promised not to do.
    if answer.operation == .accept, self != .nonblocking { optional.insert(.doNotWait) }
    let isOptional = !answer.options.isDisjoint(with: optional)
    return isOptional || answer.operation == .sendZeroCopy ? .dropCapability : .surface
  }
}
