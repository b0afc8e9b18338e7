// SPDX-License-Identifier: Apache-2.0

/// Who was at the other end of a Unix-domain socket when it connected or listened: unix(7).
public struct PeerCredentials: Hashable, Sendable {
  /// The process; 0 for one that this process cannot see.
  public let processID: Int32
  /// The effective user.
  public let userID: UInt32
  /// The effective group.
  public let groupID: UInt32
}
