// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Lets the connections of a listener talk.
func serveChat(on listener: StreamListener) async throws {
  try await listener.serve { connection in
    var reader = ByteReader(connection)
    while try await reader.readLine(limit: 1024) {
      if let text = String(validating: reader.element) {
        connection.enqueue(line: "you: \(text)")
      } else {
        connection.enqueue(line: "! a line is UTF-8 text")
      }
    }
  }
}

extension StreamConnection {
  /// Queues a line for the peer.
  func enqueue(line: String) {
    enqueue(copying: Array("\(line)\n".utf8))
  }
}
