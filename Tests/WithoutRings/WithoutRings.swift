// SPDX-License-Identifier: Apache-2.0

import CSeccomp
import Glibc

/// Runs a command under a seccomp filter that refuses io_uring, as the default profiles of container
/// runtimes do.
@main
enum WithoutRings {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard let command = arguments.first else {
      fail("usage: without-rings COMMAND [ARGUMENT...]")
    }
    let refusal = cseccomp_refuse_io_uring(EPERM)
    guard refusal == 0 else { fail("no filter can be installed: errno \(-refusal)") }
    var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
    unsafe words.append(nil)
    _ = unsafe execvp(command, words)
    fail("\(command) cannot be run: errno \(errno)")
  }

  private static func fail(_ text: String) -> Never {
    print(text)
    exit(2)
  }
}
