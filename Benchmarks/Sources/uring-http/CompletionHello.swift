// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// The same server on this package's own streams.
enum CompletionHello {
  /// A task for each connection.
  static func serveWithTasks(_ listener: StreamListener) async throws {
    let answers = Answers()
    try await listener.serve { connection in
      var scanner = RequestScanner()
      while let chunk = try await connection.receive() {
        let found = try unsafe chunk.bytes.withUnsafeBytes {
          try unsafe scanner.scan(ByteView($0))
        }
        if found.requestCount > 0 {
          connection.enqueue(copying: answers[found.requestCount])
        }
        if found.closes { break }
      }
    }
  }

  /// A delegate for each connection.
  static func serveWithHandlers(_ listener: StreamListener) throws {
    let answers = Answers()
    try listener.handle { _ in HelloDelegate(answers) }
  }
}

private final class HelloDelegate: SocketDelegate, @unchecked Sendable {
  // Unchecked: used on the loop's thread only.

  private var scanner = RequestScanner()
  private let answers: Answers

  init(_ answers: Answers) { self.answers = answers }

  override func received(_ lease: consuming BufferLease, on stream: SocketStream) {
    do {
      let found = try lease.withBytes { bytes in
        try unsafe bytes.withUnsafeBytes { try unsafe scanner.scan(ByteView($0)) }
      }
      if found.requestCount > 0 { stream.enqueue(copying: answers[found.requestCount]) }
      if found.closes { stream.close() }
    } catch {
      stream.close()
    }
  }
}
