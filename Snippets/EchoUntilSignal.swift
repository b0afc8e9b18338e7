// SPDX-License-Identifier: Apache-2.0

import CompletionIO

@main struct Echo {
  static func main() async throws {
    let signals = try CaughtSignals([.terminate, .interrupt])
    let group = try CompletionLoopGroup(count: 2)
    let listener = try await StreamListener.bind(to: "127.0.0.1:7000", on: group)
    let server = Task {
      try await listener.serve { connection in
        while let chunk = try await connection.receive() {
          try await connection.send(chunk.bytes)
        }
      }
    }
    _ = try await group.shutdown(grace: .seconds(10), on: signals)
    try await server.value
  }
}
