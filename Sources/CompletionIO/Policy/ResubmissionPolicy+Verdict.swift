// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension ResubmissionPolicy {
  /// Decides what to do with an answer of the kernel.
  ///
  /// Pure and total: the same answer always gets the same verdict, and every answer gets one. The
  /// table that this implements is in the documentation ("Resubmission policies").
  ///
  /// - Parameter answer: What the kernel said, to what.
  /// - Returns: What to do next. An operation that is being cancelled is never submitted again, nor
  ///   is a request that is still armed.
  public func verdict(for answer: Answer) -> Verdict {
    let verdict = verdictUnlessCancelled(answer)
    return answer.isCancelled ? verdict.onceCancelled : verdict
  }

  private func verdictUnlessCancelled(_ answer: Answer) -> Verdict {
    switch answer.phase {
    case .request:
      guard answer.facts.contains(.hasMore) else { return verdictForRequest(answer) }
      // Whatever a zero-copy send came to, its memory is the kernel's until the notification, and
      // so the verdict waits for that (io_uring_enter(2), IORING_OP_SEND_ZC).
      return answer.operation == .sendZeroCopy ? .awaitNotification : .surface
    case .notification:
      return verdictForRequest(answer)
    case .readiness, .writability:
      return verdictForPoll(answer)
    case .pendingError:
      // A socket that is not even connecting is "writable", and has no error: it has hung up
      // (tcp_poll).
      let isUnconnected = answer.result == 0 && answer.facts.contains(.hungUp)
      return isUnconnected ? .surfaceAs(.socketNotConnected) : .surface
    }
  }

  private func verdictForPoll(_ answer: Answer) -> Verdict {
    if answer.result < 0 {
      switch answer.error {
      case .interrupted: return answer.again
      case .canceled where answer.wouldHaveWaited: return verdictForCancelledTry(answer)
      // Of watching, not of the operation that is to be made (epoll_ctl(2), io_poll_double_prepare).
      case .noMemory: return answer.afterPause
      default: return .surface
      }
    }
    switch answer.phase {
    case .readiness:
      return .goOnWithRequest
    case .writability, .request, .pendingError, .notification:
      return .readPendingError
    }
  }

  private func verdictForRequest(_ answer: Answer) -> Verdict {
    if answer.result >= 0 { return verdictForSuccess(answer) }
    switch answer.operation {
    case .accept: return verdictForAccept(answer, answer.error)
    case .receive, .receiveMessage: return verdictForReceive(answer, answer.error)
    case .send, .sendMessage, .sendZeroCopy: return verdictForSend(answer, answer.error)
    case .connect: return verdictForConnect(answer, answer.error)
    case .read, .readFile, .splice, .poll:
      return answer.error == .interrupted ? answer.again : .surface
    case .nop, .pollRemove, .cancel, .shutdown, .close, .message, .timeout, .linkTimeout:
      // Above all a close: Linux frees the descriptor even on EINTR (close(2)), and a second
      // close would hit a stranger's.
      return .surface
    }
  }

  /// The rest of a partial send is sent; a multishot request that ended with a success is armed
  /// again.
  private func verdictForSuccess(_ answer: Answer) -> Verdict {
    switch answer.operation {
    case .send, .sendZeroCopy:
      guard answer.result < answer.byteCount else { return .surface }
      // A send that a cancel has cut short has failed, under every policy.
      if answer.isCancelled { return .surfaceAs(.canceled) }
      guard self != .nonblocking else { return .surface }
      // Each try should move something; one that moves nothing counts against the limit.
      return answer.result > 0 || answer.mayTryAgain ? .sendRest : .surface
    case .sendMessage:
      return .surface  // The sender gathers the rest again.
    case .receive where answer.result == 0 && !answer.facts.contains(.datagram):
      return .surface  // The end of a stream, which no new receive would change.
    case .receiveMessage where !answer.facts.contains(.datagram):
      return .surface  // It may be the end of a stream: only the buffer tells.
    case .accept, .receive, .receiveMessage:
      return answer.options.contains(.multishot) ? .surfaceAndRearm : .surface
    case .nop, .connect, .poll, .pollRemove, .read, .readFile, .splice, .cancel, .shutdown,
      .close, .message, .timeout, .linkTimeout:
      return .surface
    }
  }
}
