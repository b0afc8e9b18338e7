// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// The members of a chat.
actor Room {
  /// The members' connections, by name.
  private var members: [String: StreamConnection] = [:]

  /// Adds a member, and tells everybody.
  ///
  /// - Returns: `false` if the name belongs to somebody else.
  func enter(_ name: String, _ connection: StreamConnection) -> Bool {
    guard members[name] == nil else { return false }
    members[name] = connection
    tell("* \(name) has come")
    return true
  }

  /// Tells everybody what a member says; nobody, if it is no member any more.
  func say(_ text: String, _ name: String, _ connection: StreamConnection) {
    guard members[name] === connection else { return }
    tell("\(name): \(text)")
  }

  /// Removes a member, and tells the others.
  func leave(_ name: String, _ connection: StreamConnection) {
    guard members[name] === connection else { return }
    members[name] = nil
    tell("* \(name) has gone")
  }

  /// Queues a line for every member.
  private func tell(_ line: String) {
    for connection in members.values {
      connection.enqueue(line: line)
    }
  }
}
