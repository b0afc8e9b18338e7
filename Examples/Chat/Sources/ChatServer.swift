// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Lets the connections of a listener talk in a room, until the listener's group drains.
///
/// - Parameters:
///   - listener: Is served by nobody else.
///   - room: Where the connections meet.
/// - Throws: `SocketError` when accepting fails for good.
func serveChat(on listener: StreamListener, in room: Room) async throws(SocketError) {
  // A close that lingers lets the last notice arrive, though the peer may still be sending.
  try await listener.serve(lingering: LingerLimit(duration: .seconds(2))) { connection in
    connection.onListenerClose { connection in
      connection.enqueue(line: "* the server ends; goodbye")
      connection.stopReceiving()
    }
    var input = LineInput(connection, limit: ChatLimits.lineByteCount)
    guard let name = try await enter(room, from: connection, &input) else { return }
    do {
      try await talk(in: room, as: name, on: connection, &input)
    } catch {
      await room.leave(name, connection)
      throw error
    }
    await room.leave(name, connection)
  }
}

/// Asks for a name until there is one that nobody else in the room has.
///
/// - Returns: The name; `nil` if the peer has gone.
private func enter(
  _ room: Room, from connection: StreamConnection, _ input: inout LineInput
) async throws(SocketError) -> String? {
  connection.enqueue(line: "* your name?")
  while true {
    switch try await input.next() {
    case .line(let name) where isName(name):
      if await room.enter(name, connection) { return name }
      connection.enqueue(line: "! \(name) is here already; your name?")
    case .line, .unreadable, .tooLong:
      connection.enqueue(line: "! a name is 1 to 24 letters and digits; your name?")
    case .end: return nil
    }
    try await connection.flush(timeout: ChatLimits.patience)
  }
}

/// Says each line of a member to the room, until the member goes.
private func talk(
  in room: Room, as name: String, on connection: StreamConnection, _ input: inout LineInput
) async throws(SocketError) {
  while true {
    switch try await input.next() {
    case .line(""): continue
    case .line(let text): await room.say(text, name, connection)
    case .tooLong:
      connection.enqueue(
        line: "! a line has at most \(ChatLimits.lineByteCount) bytes; yours was dropped")
    case .unreadable: connection.enqueue(line: "! a line is UTF-8 text; yours was dropped")
    case .end: return
    }
    // A member hears what it says, so it is heard no faster than it reads.
    do {
      try await connection.flush(timeout: ChatLimits.patience)
    } catch {
      guard error.cause == .timeout else { throw error }
      return await room.dismiss(name, connection)
    }
  }
}

/// Whether a text can be the name of a member.
private func isName(_ text: String) -> Bool {
  let isPlain = text.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
  return isPlain && 1...24 ~= text.utf8.count
}
