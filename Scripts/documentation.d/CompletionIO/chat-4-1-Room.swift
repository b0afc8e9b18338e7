// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// The members of a chat.
actor Room {
  /// The members' connections, by name.
  private var members: [String: StreamConnection] = [:]
  /// Bytes that may wait for a member, beside what the kernel holds.
  private let unreadByteLimit = 1 << 16

  /// Adds a member, and tells everybody.
  ///
  /// - Returns: `false` if the name belongs to somebody else.
  func enter(_ name: String, _ connection: StreamConnection) async -> Bool {
    guard members[name] == nil else { return false }
    members[name] = connection
    await tell("* \(name) has come")
    return true
  }

  /// Tells everybody what a member says; nobody, if it is no member any more.
  func say(_ text: String, _ name: String, _ connection: StreamConnection) async {
    guard members[name] === connection else { return }
    await tell("\(name): \(text)")
  }

  /// Removes a member, and tells the others.
  func leave(_ name: String, _ connection: StreamConnection) async {
    guard members[name] === connection else { return }
    members[name] = nil
    await tell("* \(name) has gone")
  }

  /// Removes a member that does not read, and tells it and the others.
  func dismiss(_ name: String, _ connection: StreamConnection) async {
    guard members[name] === connection else { return }
    members[name] = nil
    connection.enqueue(line: "* you have fallen behind; goodbye")
    connection.stopReceiving()
    await tell("* \(name) has fallen behind")
  }

  /// Queues a line for every member that keeps up, and dismisses the others.
  private func tell(_ line: String) async {
    for (name, connection) in members where members[name] === connection {
      if await connection.unsentByteCount > unreadByteLimit {
        await dismiss(name, connection)
      } else {
        connection.enqueue(line: line)
      }
    }
  }
}
