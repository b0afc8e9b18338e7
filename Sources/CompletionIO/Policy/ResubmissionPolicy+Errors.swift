internal import SystemPackage
internal import Uring

// The rows of the table, one operation a function.
extension ResubmissionPolicy {
  func verdictForAccept(_ answer: Answer, _ error: Errno) -> Verdict {
    switch error {
    case .resourceTemporarilyUnavailable:
      return verdictForWouldBlock(answer)
    case .interrupted:
      return answer.again
    case .canceled where answer.facts.contains(.triedOnce) && !answer.isCancelled:
      // The loop's own cancel has found an accept for which nobody waits.
      let verdict = verdictForWouldBlock(answer)
      return verdict == .surface ? .surfaceAs(.resourceTemporarilyUnavailable) : verdict
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

  func verdictForReceive(_ answer: Answer, _ error: Errno) -> Verdict {
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

  func verdictForSend(_ answer: Answer, _ error: Errno) -> Verdict {
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

  func verdictForConnect(_ answer: Answer, _ error: Errno) -> Verdict {
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
