// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Lets the connections of a listener talk in a room.
func serveChat(on listener: StreamListener) async throws {
  let room = Room()
  try await listener.serve { connection in
    var reader = ByteReader(connection)
    guard let name = try await enter(room, from: connection, &reader) else { return }
    try await talk(in: room, as: name, on: connection, &reader)
  }
}

/// Asks for a name until there is one that nobody else in the room has.
///
/// - Returns: The name; `nil` if the peer has gone.
private func enter(
  _ room: Room, from connection: StreamConnection, _ reader: inout ByteReader
) async throws(SocketError) -> String? {
  connection.enqueue(line: "* your name?")
  while try await reader.readLine(limit: 1024) {
    if let name = String(validating: reader.element), !name.isEmpty {
      if await room.enter(name, connection) { return name }
    }
    connection.enqueue(line: "! that is no name, or somebody has it; your name?")
  }
  return nil
}

/// Says each line of a member to the room, until the member goes.
private func talk(
  in room: Room, as name: String, on connection: StreamConnection, _ reader: inout ByteReader
) async throws(SocketError) {
  while try await reader.readLine(limit: 1024) {
    if let text = String(validating: reader.element) {
      await room.say(text, name, connection)
    } else {
      connection.enqueue(line: "! a line is UTF-8 text")
    }
  }
}

extension StreamConnection {
  /// Queues a line for the peer.
  func enqueue(line: String) {
    enqueue(copying: Array("\(line)\n".utf8))
  }
}
