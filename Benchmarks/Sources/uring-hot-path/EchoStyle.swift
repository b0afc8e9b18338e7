// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

/// The ways to write an echo server with the library.
enum EchoStyle: String, CaseIterable, Sendable {
  /// Completion handlers; the received buffer is sent.
  case handler
  /// A task for each connection; the received buffer is sent, and nobody waits for it.
  case async
  /// A task for each connection that lends the received bytes and waits until they are out.
  case asyncBorrowed = "async-borrowed"

  /// Serves the listener's connections until the group ends.
  ///
  /// - Throws: SocketError with EBUSY for a listener that is used already.
  func serve(_ listener: StreamListener) throws(SocketError) {
    switch self {
    case .handler:
      let echo = StreamHandler(
        received: { stream, chunk in stream.enqueue(chunk) },
        ended: { stream, _ in stream.close() })
      try listener.handle(echo)
    case .async:
      Task {
        try await listener.serve { connection in
          while let chunk = try await connection.receive() {
            try await connection.enqueue(chunk)
          }
        }
      }
    case .asyncBorrowed:
      Task {
        try await listener.serve { connection in
          while let chunk = try await connection.receive() {
            try await connection.send(chunk.bytes)
          }
        }
      }
    }
  }
}
