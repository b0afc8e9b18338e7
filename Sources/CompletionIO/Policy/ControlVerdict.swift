// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// The answer to a request that nobody waits for: a cancel, a close, buffers for the kernel.
struct ControlAnswer: Hashable, Sendable {
  var kind: Kind
  /// 0 or a count; below zero, a negated errno.
  var result: Int32

  /// The request that was made.
  enum Kind: Hashable, Sendable {
    /// To cancel an operation; `nil` if it is not with the kernel any more.
    case cancel(of: Target?)
    /// To take these buffers (before Linux 5.19).
    case provision(of: Range<UInt16>)
    /// Anything else.
    case other
  }

  /// Facts about the operation that a cancel is for.
  struct Target: Hashable, Sendable {
    var phase: Answer.Phase
    var facts: Answer.Facts
  }
}

/// The loop's next step after the answer to a request that nobody waits for.
enum ControlVerdict: Hashable, Sendable {
  /// Nothing.
  case ignore
  /// Sends the same cancel at once.
  case cancelAgain
  /// Sends the same cancel after a pause.
  case cancelAgainAfterPause
  /// Counts a failure.
  case countFailure
  /// Offers these buffers again; none if the kernel has taken all.
  case offerAgain(Range<UInt16>)

  /// Decides; pure and total.
  init(for answer: ControlAnswer) {
    switch answer.kind {
    case .cancel(let target) where Self.hasMissed(answer.result):
      self = target.map(Self.afterMissing) ?? .ignore
    case .provision(let buffers):
      // How many were taken, 0 for all, or -ENOMEM (io_provide_buffers, Linux 5.13 to 5.18).
      let takenCount =
        answer.result == 0 ? buffers.count : max(0, min(Int(answer.result), buffers.count))
      self = .offerAgain(buffers.dropFirst(takenCount))
    case .cancel, .other:
      self = answer.result < 0 ? .countFailure : .ignore
    }
  }

  /// ENOENT and EALREADY say that the target has ended or is at work (io_uring_cancelation(7)).
  private static func hasMissed(_ result: Int32) -> Bool {
    result == -Errno.noSuchFileOrDirectory.rawValue || result == -Errno.alreadyInProcess.rawValue
  }

  /// A cancel that missed is repeated for as long as its target stays with the kernel.
  ///
  /// A target that was just being retried, or handed to a worker thread, is neither found nor
  /// stopped and may then wait for ever (Linux 6.18, io_uring/cancel.c).
  private static func afterMissing(_ target: ControlAnswer.Target) -> ControlVerdict {
    if target.facts.contains(.cancelRequested) {
      // The send is done and cannot be stopped; its notification comes by itself.
      return target.phase == .notification ? .ignore : .cancelAgainAfterPause
    }
    // Another acceptor was faster than the target's second try, which is at work.
    return target.facts.contains(.triedOnce) ? .cancelAgain : .ignore
  }
}
