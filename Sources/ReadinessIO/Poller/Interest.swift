// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage

/// Events that a registration waits for.
///
/// Errors and hang-ups are always reported and need not be asked for, as with epoll_ctl(2); asking
/// for them (`EPOLLERR`, `EPOLLHUP`) changes nothing. The bits are those of `EPOLL…` and `POLL…`,
/// which are the same. A ``Poller`` refuses every other bit with EINVAL.
///
/// There is no interest in urgent data (`EPOLLPRI`): io_uring's poll does not look at that bit
/// when it decides whether a wake-up matters (io_poll_wake, Linux 6.18), so the two pollers could
/// not agree.
public struct Interest: OptionSet, Hashable, Sendable {
  /// The kernel's bits.
  public var rawValue: UInt32

  /// Wraps the kernel's bits.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// A receive or an accept would not block.
  ///
  /// `EPOLLIN`.
  public static let readable = Self(rawValue: 0x1)
  /// A send would not block.
  ///
  /// `EPOLLOUT`.
  public static let writable = Self(rawValue: 0x4)
  /// The peer will send no more.
  ///
  /// `EPOLLRDHUP`, Linux 2.6.17.
  public static let peerClosed = Self(rawValue: 0x2000)

  /// Bits that this type gives names to.
  static let all: Self = [.readable, .writable, .peerClosed]

  /// `EPOLLERR` and `EPOLLHUP`.
  private static let alwaysGiven = Self(rawValue: 0x18)

  /// Throws EINVAL for what no poller can give.
  func check() throws(Errno) {
    guard isSubset(of: .all.union(.alwaysGiven)) else { throw .invalidArgument }
  }
}
