// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc

/// Sends every byte back to whoever has sent it, until SIGTERM or SIGINT.
@main
struct Echo {
  static func main() async {
    guard let options = EchoOptions(CommandLine.arguments.dropFirst()) else {
      end(EchoOptions.usage, status: 64)
    }
    do {
      let group = try CompletionLoopGroup()
      let listener = try await StreamListener.bind(
        to: .loopback(port: options.port), on: group)
      // From here on no signal is missed, so others may be told that the program runs.
      let signals = try CaughtSignals([.terminate, .interrupt])
      async let forcedCount = group.shutdown(grace: .seconds(5), on: signals)
      print("listening on \(listener.localAddress)")
      // A pipe would keep the line until the program ends.
      fflush(nil)
      try await serveEcho(on: listener)
      _ = try await forcedCount
    } catch {
      end("echo: \(error)", status: 1)
    }
  }

  /// Says why the process ends, and ends it.
  private static func end(_ text: String, status: Int32) -> Never {
    let line = "\(text)\n"
    _ = write(STDERR_FILENO, line, line.utf8.count)
    exit(status)
  }
}
