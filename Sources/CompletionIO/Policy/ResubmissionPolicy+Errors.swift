// SPDX-License-Identifier: Apache-2.0

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
    case .canceled where answer.wouldHaveWaited:
      return verdictForCancelledTry(answer)
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
      return answer.options.contains(.selectBuffer)
        ? verdictForNoBuffer(answer) : answer.afterPause
    case .noMemory:
      return answer.afterPause
    case .invalidArgument:
      return verdictForRefusedOption(answer)
    default:
      return .surface
    }
  }

  /// The group of a receive has no buffer; the socket is not short of memory.
  ///
  /// The kernel says so when it takes the request, even without data (Linux 6.18; liburing #688),
  /// and says the same of a group that it does not know (io_buffer_select).
  private func verdictForNoBuffer(_ answer: Answer) -> Verdict {
    if answer.facts.contains(.unknownGroup) { return .surface }
    guard answer.facts.contains(.buffersWithKernel) else { return .awaitBuffer }
    // A buffer has come back since the kernel looked. Should the kernel say the same again, waiting
    // for a buffer would spin.
    return answer.attempt <= 2 ? .resubmit : .backOff(Self.shortPause(after: answer.attempt - 2))
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
    let isUnixDomain = answer.facts.contains(.unixDomain)
    switch error {
    case .resourceTemporarilyUnavailable where isUnixDomain:
      // The backlog is full (connect(2)); nothing is under way, and no poll would tell of room. The
      // listener makes some when it accepts, which may take as long as it likes.
      guard self == .completion else { return verdictForWouldBlock(answer) }
      return .backOff(Self.shortPause(after: answer.attempt))
    case .interrupted where isUnixDomain:
      return answer.again  // Nothing is under way (unix_stream_connect).
    case .resourceTemporarilyUnavailable, .nowInProgress, .alreadyInProcess:
      // Our own connect is under way: wait for its end, never issue it again.
      return self == .nonblocking ? .surface : .awaitWritability
    case .interrupted:
      // Issuing it again would answer EALREADY; it goes on by itself (connect(2)).
      return .awaitWritability
    case .socketIsConnected:
      return .readPendingError
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
    // Its buffers are laid out in another way than those of a single receive.
    if answer.operation == .receiveMessage { optional.remove(.multishot) }
    // IORING_ACCEPT_DONTWAIT is of Linux 6.10. Without it the accept waits, which `.nonblocking`
    // has promised not to do.
    if answer.operation == .accept, self != .nonblocking { optional.insert(.doNotWait) }
    let isOptional = !answer.options.isDisjoint(with: optional)
    return isOptional || answer.operation == .sendZeroCopy ? .dropCapability : .surface
  }
}
