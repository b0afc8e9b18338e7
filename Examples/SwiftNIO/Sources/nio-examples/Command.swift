// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Foundation
import GRPCEcho
import HelloHTTP
import HelloHTTP2
import HelloHummingbird
import NIOCore
import NIOUring
import Serving
import TLSEcho
import WebSocketEcho

/// Runs one of the servers, for clients of other makes.
@main
struct Command {
  static func main() async throws {
    guard let options = Options(CommandLine.arguments.dropFirst()) else {
      try FileHandle.standardError.write(contentsOf: Data(Options.usage.utf8))
      exit(2)
    }
    let termination = Termination()
    let group = try UringEventLoopGroup(
      numberOfThreads: options.threads, kernel: options.kernel)
    let server = try await start(options.example, on: group, port: options.port)
    // Not buffered, so that who has started the process can wait for the line.
    try FileHandle.standardOutput.write(
      contentsOf: Data("listening on \(server.address.port ?? 0)\n".utf8))
    await termination.wait()
    // What clients still have open ends with the loops.
    try await group.shutdownGracefully()
  }

  private static func start(
    _ example: Options.Example, on group: UringEventLoopGroup, port: Int
  ) async throws -> RunningServer {
    switch example {
    case .http: try await HelloHTTP.start(on: group, port: port)
    case .https:
      try await HelloHTTP2.start(
        on: group, port: port,
        context: try SelfSignedCertificate().serverContext(protocols: ["h2", "http/1.1"]))
    case .http2: try await HelloHTTP2.start(on: group, port: port)
    case .websocket: try await WebSocketEcho.start(on: group, port: port)
    case .grpc: try await GRPCEcho.start(on: group, port: port)
    case .hummingbird: try await HelloHummingbird.start(on: group, port: port)
    }
  }
}
