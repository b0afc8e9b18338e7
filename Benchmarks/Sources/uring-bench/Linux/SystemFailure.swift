// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A call of the operating system that failed: which, on what, and why.
struct SystemFailure: Error, CustomStringConvertible {
  /// The call, as in its man page, and what it was applied to: `bind 127.0.0.1:7000`.
  let operation: String
  /// The errno it left behind.
  let code: Int32

  /// Takes the code from `errno`, so it must be made directly after the failing call.
  init(_ operation: String, code: Int32 = errno) {
    self.code = code
    self.operation = operation
  }

  var description: String { "\(operation): \(Self.text(of: code))" }

  private static func text(of code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
  }
}
