// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc

/// A room for people with line-based clients such as nc, until SIGTERM or SIGINT.
@main
struct Chat {
  static func main() async {
    guard let options = ChatOptions(CommandLine.arguments.dropFirst()) else {
      end(ChatOptions.usage, status: 64)
    }
    do {
      // One loop is plenty for a room, and keeps all of its members on one thread.
      let group = try CompletionLoopGroup(count: 1)
      let listener = try await StreamListener.bind(
        to: .loopback(port: options.port), on: group)
      // From here on no signal is missed, so others may be told that the program runs.
      let signals = try CaughtSignals([.terminate, .interrupt])
      async let forcedCount = group.shutdown(grace: .seconds(5), on: signals)
      print("listening on \(listener.localAddress)")
      // A pipe would keep the line until the program ends.
      fflush(nil)
      try await serveChat(on: listener, in: Room())
      _ = try await forcedCount
    } catch {
      end("chat: \(error)", status: 1)
    }
  }

  /// Says why the process ends, and ends it.
  private static func end(_ text: String, status: Int32) -> Never {
    let line = "\(text)\n"
    _ = write(STDERR_FILENO, line, line.utf8.count)
    exit(status)
  }
}
