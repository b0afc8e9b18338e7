// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing

@testable import Chat

/// A member of a chat, as a test needs it.
struct ChatClient: ~Copyable {
  let connection: StreamConnection
  private var reader: ByteReader

  /// The line that was waited for has not come.
  struct MissingLine: Error {
    let line: String
    let last: String?
  }

  private init(_ connection: StreamConnection) {
    self.connection = connection
    reader = ByteReader(connection)
  }

  /// Connects, and waits for the question for a name.
  static func connect(
    to address: SocketAddress, on group: CompletionLoopGroup,
    options: SocketOptions = SocketOptions()
  ) async throws -> ChatClient {
    var client = ChatClient(
      try await StreamConnection.connect(
        to: address, on: group, timeout: .seconds(20), options: options))
    try await client.wait(for: "* your name?")
    return client
  }

  /// Connects, and enters the room.
  static func enter(
    _ name: String, _ address: SocketAddress, on group: CompletionLoopGroup,
    options: SocketOptions = SocketOptions()
  ) async throws -> ChatClient {
    var client = try await connect(to: address, on: group, options: options)
    try await client.say(name)
    try await client.wait(for: "* \(name) has come")
    return client
  }

  func say(_ text: String) async throws(SocketError) {
    try await connection.send(Array("\(text)\n".utf8))
  }

  /// Reads the next line; `nil` at the end of the stream.
  mutating func readLine() async throws(SocketError) -> String? {
    guard try await reader.readLine(limit: 4096, timeout: .seconds(20)) else { return nil }
    return String(validating: reader.element)
  }

  /// Reads up to a line.
  ///
  /// - Returns: The lines before it.
  @discardableResult
  mutating func wait(for line: String) async throws -> [String] {
    var earlier: [String] = []
    while let next = try await readLine() {
      if next == line { return earlier }
      earlier.append(next)
    }
    throw MissingLine(line: line, last: earlier.last)
  }
}

/// Runs a body while the server runs, with loops for its clients.
func withChat(
  in room: Room = Room(), options: SocketOptions = SocketOptions(),
  _ body: (SocketAddress, CompletionLoopGroup) async throws -> Void
) async throws {
  try await CompletionLoopGroup.with(count: 1) { server in
    let listener = try await StreamListener.bind(
      to: .loopback(port: 0), on: server, options: options)
    async let serving: Void = serveChat(on: listener, in: room)
    try await CompletionLoopGroup.with(count: 1) { clients in
      try await body(listener.localAddress, clients)
    }
    await listener.close()
    try await serving
  }
}
