// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Synchronization

@testable import Client

/// A server that answers each request with the next of some answers.
final class ScriptedServer: Sendable {
  /// What the server does with a request.
  enum Act: Sendable {
    /// Answers with these bytes, and waits for the next request.
    case answer(String)
    /// Answers with these bytes, and ends the connection.
    case answerAndEnd(String)
    /// Ends the connection without a word.
    case end
    /// Says nothing until the client has gone.
    case silence
  }

  private let acts: Mutex<[Act]>
  private let heard = Mutex<[String]>([])

  init(_ acts: [Act]) {
    self.acts = Mutex(acts)
  }

  /// The first lines of the requests that have come, in order.
  var requests: [String] { heard.withLock { $0 } }

  /// Plays the script to a connection.
  func serve(_ connection: StreamConnection) async throws(SocketError) {
    var reader = ByteReader(connection)
    while try await reader.read(until: Array("\r\n\r\n".utf8), limit: 8192) {
      let head = String(validating: reader.element) ?? ""
      heard.withLock { $0.append(String(head.prefix { !$0.isNewline })) }
      let act = acts.withLock { $0.isEmpty ? .end : $0.removeFirst() }
      switch act {
      case .answer(let text): try await connection.send(Array(text.utf8))
      case .answerAndEnd(let text): return try await connection.send(Array(text.utf8))
      case .end: return
      case .silence: continue
      }
    }
  }

  /// A response whose length is told.
  static func page(_ body: String, status: String = "200 OK") -> String {
    "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }
}

/// Runs a body while a server plays a script, with a client that asks it.
func withServer(
  _ acts: [ScriptedServer.Act], timeout: Duration = .seconds(30), retryLimit: Int = 2,
  _ body: (ScriptedServer, HTTPTarget, HTTPClient) async throws -> Void
) async throws {
  let script = ScriptedServer(acts)
  try await CompletionLoopGroup.with(count: 1) { group in
    let listener = try await StreamListener.bind(to: .loopback(port: 0), on: group)
    async let serving: Void = listener.serve { try await script.serve($0) }
    guard let target = HTTPTarget("http://\(listener.localAddress)/page") else {
      fatalError("\(listener.localAddress) makes no URL")
    }
    try await CompletionLoopGroup.with(count: 1) { clients in
      let pool = ConnectionPool(on: clients.loops[0], idleLimit: 2)
      try await body(
        script, target, HTTPClient(pool: pool, timeout: timeout, retryLimit: retryLimit))
    }
    await listener.close()
    try await serving
  }
}
