// SPDX-License-Identifier: Apache-2.0

/// How much the server puts up with.
enum ChatLimits {
  /// Bytes of a line, without what ends it.
  static let lineByteCount = 1024
  /// Bytes that may wait for a member that does not read, beside what the kernel holds.
  static let unreadByteCount = 1 << 16
  /// How long a member's answers may wait before the member is taken to have gone.
  static let patience = Duration.seconds(20)
}
