// SPDX-License-Identifier: Apache-2.0

import Glibc
import Uring

/// Shows what the running kernel's io_uring can do, and has a ring answer two requests by hand.
@main
struct FeatureProbe {
  static func main() {
    guard CommandLine.arguments.count == 1 else { end("usage: FeatureProbe", status: 64) }
    do {
      let features = try KernelFeatures.discover()
      for line in FeatureTable(features).lines { print(line) }
      var ring = try HandTurnedRing()
      let nop = try ring.answerNop()
      print("nop: the ring answered \(nop.result) to \(nop.token)")
      let passage = try ring.pass(Array("hello".utf8))
      let text = String(decoding: passage.received, as: UTF8.self)
      print(
        "socketpair: \(passage.sentByteCount) bytes went out, and \"\(text)\" came in,",
        "in \(passage.enterCount) system call\(passage.enterCount == 1 ? "" : "s")")
    } catch {
      end("feature-probe: \(error)", status: 1)
    }
  }

  /// Says why the process ends, and ends it.
  private static func end(_ text: String, status: Int32) -> Never {
    let line = "\(text)\n"
    _ = write(STDERR_FILENO, line, line.utf8.count)
    exit(status)
  }
}
