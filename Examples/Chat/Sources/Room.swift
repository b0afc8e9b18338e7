// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// The members of a chat, each with the lines that it has not read yet.
///
/// A line is queued on each member's connection, and nobody waits for that. So a member that does
/// not read holds nobody up; its queue grows until it has fallen behind too far, and then it has to
/// leave.
actor Room {
  /// The members' connections, by name.
  private var members: [String: StreamConnection] = [:]
  private let unreadByteLimit: Int

  /// Makes a room without members.
  ///
  /// - Parameter unreadByteLimit: Bytes that may wait for a member beside what the kernel holds.
  init(unreadByteLimit: Int = ChatLimits.unreadByteCount) {
    self.unreadByteLimit = unreadByteLimit
  }

  /// Adds a member, and tells everybody.
  ///
  /// - Returns: `false` if the name belongs to somebody else.
  func enter(_ name: String, _ connection: StreamConnection) async -> Bool {
    guard members[name] == nil else { return false }
    let names = members.keys.sorted()
    members[name] = connection
    connection.enqueue(
      line: names.isEmpty ? "* nobody else is here" : "* here: \(names.joined(separator: ", "))")
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
    // Its task ends behind this, and closes the connection when the queue is out, or is given up.
    connection.stopReceiving()
    await tell("* \(name) has fallen behind")
  }

  /// Queues a line for every member that keeps up, and dismisses the others.
  private func tell(_ line: String) async {
    let present = members.sorted { $0.key < $1.key }
    for (name, connection) in present where members[name] === connection {
      if await connection.unsentByteCount > unreadByteLimit {
        await dismiss(name, connection)
      } else {
        connection.enqueue(line: line)
      }
    }
  }
}

extension StreamConnection {
  /// Queues a line, whoever reads it and when.
  func enqueue(line: String) {
    enqueue(copying: Array("\(line)\n".utf8))
  }
}
