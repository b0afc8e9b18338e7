// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Lines on our own standard output and input, unbuffered: the other end is often a pipe.
enum StandardLines {
  /// Prints a line at once.
  static func print(_ line: String) { write(line + "\n", to: 1) }

  /// Prints a line on standard error.
  static func report(_ line: String) { write(line + "\n", to: 2) }

  /// Writes all of `text`, or as much as the other end takes before it goes away.
  static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
