// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Lets the connections of a listener talk.
func serveChat(on listener: StreamListener) async throws {
  try await listener.serve { connection in
    var reader = ByteReader(connection)
    while try await reader.readLine(limit: 1024) {
      try await connection.send(reader.element)
    }
  }
}
