// SPDX-License-Identifier: Apache-2.0

/// The servers of a soak, all of which echo.
enum SoakServer: String, CaseIterable, Codable, Sendable {
  /// A task for each TCP connection.
  case tasks
  /// A handler for TCP connections.
  case handlers
  /// A task for each Unix-domain connection.
  case unixTasks = "unix-tasks"
  /// A handler for Unix-domain connections.
  case unixHandlers = "unix-handlers"
  /// A relay over TCP in front of tasks.
  case relayedTasks = "relayed-tasks"
  /// A relay over TCP in front of a Unix-domain handler.
  case relayedUnixHandlers = "relayed-unix-handlers"
  /// A task for each TCP connection, which leaves after some bytes.
  case quitting

  /// Which server a relay connects to; `nil` for one that is no relay.
  var target: SoakServer? {
    switch self {
    case .relayedTasks: .tasks
    case .relayedUnixHandlers: .unixHandlers
    case .tasks, .handlers, .unixTasks, .unixHandlers, .quitting: nil
    }
  }

  var isUnixDomain: Bool { self == .unixTasks || self == .unixHandlers }
}
