// SPDX-License-Identifier: Apache-2.0

/// When a registration is reported again.
///
/// The semantics are those of epoll(7).
public enum PollMode: UInt8, CaseIterable, Hashable, Sendable {
  /// At every wait, for as long as it is ready. epoll's default.
  case level
  /// Once for each arrival: the owner goes on until it would block. `EPOLLET`.
  case edge
  /// Once; then not before it is modified. `EPOLLONESHOT`.
  case oneshot
}
