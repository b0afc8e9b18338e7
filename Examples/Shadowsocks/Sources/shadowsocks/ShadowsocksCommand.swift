// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import ShadowsocksProtocol
import ShadowsocksRelay
import SystemPackage

/// Is one of the two Shadowsocks programs until it is told to end.
@main
enum ShadowsocksCommand {
  static func main() async {
    guard let options = Options(CommandLine.arguments.dropFirst()) else {
      tell(.standardError, Options.usage)
      exit(64)
    }
    do {
      try await run(options)
    } catch {
      tell(.standardError, "shadowsocks: \(error)\n")
      exit(1)
    }
  }

  private static func run(_ options: Options) async throws {
    let signals = try CaughtSignals([.terminate, .interrupt])
    let group = try CompletionLoopGroup(count: options.loopCount)
    let secret = SharedSecret(options.method, password: options.password)
    let report: FailureReport = { peer, error in
      let name = peer.map { "\($0)" } ?? "an unknown peer"
      tell(.standardError, "\(name): \(error)\n")
    }
    switch options.role {
    case .server:
      let server = ShadowsocksServer(secret, limits: options.limits, report: report)
      let sockets = try await ServerSockets.bind(to: options.listen, on: group)
      async let streams: Void = server.serve(sockets.listener)
      async let packets: Void = server.serve(sockets.datagrams)
      try await end(group, options.grace, signals, listening: sockets.listener)
      try await streams
      await packets
    case .local(let address):
      let client = ShadowsocksClient(
        of: address, secret, limits: options.limits, report: report)
      let listener = try await StreamListener.bind(to: options.listen, on: group)
      async let streams: Void = client.serve(listener)
      try await end(group, options.grace, signals, listening: listener)
      try await streams
    }
  }

  /// Says that the program listens, and ends it when a signal comes.
  private static func end(
    _ group: CompletionLoopGroup, _ grace: Duration, _ signals: CaughtSignals,
    listening listener: StreamListener
  ) async throws {
    tell(.standardOutput, "listening on \(listener.localAddress)\n")
    let forcedCount = try await group.shutdown(grace: grace, on: signals)
    if forcedCount > 0 { tell(.standardError, "\(forcedCount) connections were cut off\n") }
  }

  /// Writes at once, so that who has started the process can wait for the line.
  private static func tell(_ output: FileDescriptor, _ text: String) {
    _ = try? output.writeAll(text.utf8)
  }
}
