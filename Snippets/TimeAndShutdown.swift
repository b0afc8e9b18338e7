// SPDX-License-Identifier: Apache-2.0

import CompletionIO

func exchange(_ request: [UInt8], on connection: StreamConnection) async throws -> [UInt8] {
  try await connection.withDeadline(connection.loop.now + .seconds(10)) {
    try await connection.send(request)
    return try await readAnswer(connection)
  }
}

func readAnswer(_ connection: StreamConnection) async throws -> [UInt8] {
  guard let chunk = try await connection.receive() else { return [] }
  return [UInt8](chunk)
}

func shutDown(_ group: CompletionLoopGroup) async throws {
  let forcedCount = try await group.shutdown(grace: .seconds(30))
  print(forcedCount)
}

func shutDownOnSignal(_ group: CompletionLoopGroup, _ listener: StreamListener) async throws {
  let signals = try CaughtSignals([.terminate, .interrupt])
  print("listening on \(listener.localAddress)")
  _ = try await group.shutdown(grace: .seconds(10), on: signals)
}
