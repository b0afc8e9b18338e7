// SPDX-License-Identifier: Apache-2.0

/// Operations that a descriptor is ready for, and events that befell it.
///
/// The bits are those of `EPOLL…` and `POLL…`, which are the same.
public struct Readiness: OptionSet, Hashable, Sendable {
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
  /// An error waits in `SO_ERROR`.
  ///
  /// `EPOLLERR`; always reported.
  public static let error = Self(rawValue: 0x8)
  /// Both directions are shut down, or the socket is not connected.
  ///
  /// `EPOLLHUP`; always reported.
  public static let hangup = Self(rawValue: 0x10)
  /// The peer will send no more.
  ///
  /// `EPOLLRDHUP`.
  public static let peerClosed = Self(rawValue: 0x2000)
}

/// One registration that became ready.
public struct ReadinessEvent: Hashable, Sendable {
  /// The token that the descriptor was registered with.
  public var token: UInt64
  /// All that it is ready for now, of what its registration asked for.
  public var readiness: Readiness

  /// Describes an event.
  public init(token: UInt64, readiness: Readiness) {
    self.token = token
    self.readiness = readiness
  }
}
