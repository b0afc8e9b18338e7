// SPDX-License-Identifier: Apache-2.0

/// How long the server waits, and how much it takes.
struct ServerLimits {
  var parser = ParserLimits()
  /// How long the head of a request may take from its first byte to its last.
  var headTime = Duration.seconds(10)
  /// How long a connection may be quiet between two requests, and within the body of one.
  var idleTime = Duration.seconds(60)
  /// How long a send may stand still.
  var sendTime = Duration.seconds(60)

  /// Bytes of a file that go out at a time.
  static let filePartByteCount = 1 << 20
}
