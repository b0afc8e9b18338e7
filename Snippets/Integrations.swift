// SPDX-License-Identifier: Apache-2.0

// Compiled by Scripts/documentation, whose build has every trait.
#if canImport(NIOCore)
import CompletionIO
import CompletionIOLogging
import CompletionIOMetrics
import CompletionIOTracing
import Logging
import NIOCore
import NIOHTTP1
import NIOUring

func observe(
  _ listener: StreamListener, on group: CompletionLoopGroup, _ logger: Logger
) async throws {
  let log = ConnectionLog(logger)
  let metrics = Task { await LoopMetrics(of: group).run(every: .seconds(10)) }
  try await listener.serve(
    onError: log.failed, traced("chat") { connection in try await talk(on: connection) })
  await group.close()
  await metrics.value
}

func talk(on connection: StreamConnection) async throws {
  while let chunk = try await connection.receive() {
    try await connection.send(chunk.bytes)
  }
}

func log(_ listener: StreamListener, _ logger: Logger) async throws {
  let log = ConnectionLog(logger)
  try await listener.serve(onError: log.failed) { try await talk(on: $0) }
}

func trace(_ listener: StreamListener) async throws {
  try await listener.serve(traced("chat") { try await talk(on: $0) })
}

func serveHTTP() async throws {
  let group = try UringEventLoopGroup()
  let server = try await UringServerBootstrap(group: group)
    .serverChannelOption(.backlog, value: 1024)
    .childChannelInitializer { channel in
      channel.pipeline.configureHTTPServerPipeline()
    }
    .bind(host: "::", port: 8080).get()
  try await server.closeFuture.get()
}
#endif
