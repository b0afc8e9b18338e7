// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import SystemPackage

/// Is a SOCKS5 proxy until it is told to end.
@main
enum SOCKSProxyCommand {
  static func main() async {
    guard let options = Options(CommandLine.arguments.dropFirst()) else {
      tell(.standardError, Options.usage)
      exit(64)
    }
    do {
      try await run(options)
    } catch {
      tell(.standardError, "SOCKSProxy: \(error)\n")
      exit(1)
    }
  }

  private static func run(_ options: Options) async throws {
    let signals = try CaughtSignals([.terminate, .interrupt])
    let group = try CompletionLoopGroup(count: options.loopCount)
    let listener = try await StreamListener.bind(to: .loopback(port: options.port), on: group)
    async let serving: Void = Proxy(options.limits).serve(listener)
    tell(.standardOutput, "listening on \(listener.localAddress)\n")
    let forcedCount = try await group.shutdown(grace: options.grace, on: signals)
    try await serving
    if forcedCount > 0 { tell(.standardError, "\(forcedCount) connections were cut off\n") }
  }

  /// Writes at once, so that who has started the process can wait for the line.
  private static func tell(_ output: FileDescriptor, _ text: String) {
    _ = try? output.writeAll(text.utf8)
  }
}
