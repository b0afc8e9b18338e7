// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import SystemPackage

/// Forwards DNS queries until it is told to end.
@main
enum DNSForwarderCommand {
  static func main() async {
    guard let options = Options(CommandLine.arguments.dropFirst()) else {
      tell(.standardError, Options.usage)
      exit(64)
    }
    do {
      try await run(options)
    } catch {
      tell(.standardError, "DNSForwarder: \(error)\n")
      exit(1)
    }
  }

  private static func run(_ options: Options) async throws {
    let signals = try CaughtSignals([.terminate, .interrupt])
    let group = try CompletionLoopGroup(count: 1)
    let socket = try await DatagramSocket.bind(to: options.listen, on: group.loops[0])
    let upstream = Upstream(address: options.upstream, patience: options.patience)
    let forwarder = Forwarder(socket, upstream, cacheLimit: options.cacheLimit)
    // Long enough for the questions that have come to be answered.
    let grace = options.patience * (Upstream.attemptCount + 1)
    async let forcedCount = group.shutdown(grace: grace, on: signals)
    tell(.standardOutput, "listening on \(socket.localAddress ?? options.listen)\n")
    try await forwarder.serve()
    _ = try await forcedCount
  }

  /// Writes at once, so that who has started the process can wait for the line.
  private static func tell(_ output: FileDescriptor, _ text: String) {
    _ = try? output.writeAll(text.utf8)
  }
}
