// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Why nothing could be counted.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }

  /// A system call that failed; made directly after it, while `errno` is its.
  init(call: String) {
    description = "\(call): errno \(errno)"
  }
}
