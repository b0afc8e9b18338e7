// SPDX-License-Identifier: Apache-2.0

package import SystemPackage
internal import Uring

/// The loop's next step after a failure of io_uring_enter(2) itself.
package enum EnterVerdict: Hashable, Sendable {
  /// Take completions out, then enter again; prepared requests stay prepared.
  case reapAndRetry
  /// Go round the loop once; nothing is lost.
  case goOn
  /// The ring can no longer account for its operations.
  case ringLost
  /// Only a mistake in this library leads here.
  case programmingError

  /// Decides by errno; the table is section A2 of the documentation's "Resubmission policies".
  package init(for error: Errno) {
    let wantsReaping: Set<Errno> = [.resourceTemporarilyUnavailable, .noMemory, .resourceBusy]
    let isHarmless: Set<Errno> = [.interrupted, .timeout]
    let isOurMistake: Set<Errno> = [.fileExists, .invalidArgument, .badAddress, .ringNotEnabled]
    // EAGAIN and ENOMEM: no memory for a request. EBUSY: an overflow must be flushed first.
    // EEXIST: another thread than the one that made the ring. EBADFD: the ring is not enabled yet.
    // EBADR: a completion was dropped.
    if wantsReaping.contains(error) {
      self = .reapAndRetry
    } else if isHarmless.contains(error) {
      self = .goOn
    } else {
      self = isOurMistake.contains(error) ? .programmingError : .ringLost
    }
  }
}

extension Errno {
  /// EBADFD (77).
  fileprivate static var ringNotEnabled: Errno { Errno(rawValue: 77) }
}
