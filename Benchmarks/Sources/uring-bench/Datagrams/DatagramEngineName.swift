// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The UDP echo servers, by the name the user types.
enum DatagramEngineName: String, CaseIterable, ExpressibleByArgument, Sendable {
  case recvmmsg
  case completionHandler = "completion-handler"
  case completionAsync = "completion-async"

  /// All of them, for help and errors.
  static var allNames: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// Starts the server.
  func start() throws -> any EchoEngine {
    switch self {
    case .recvmmsg: try MessagesEngine()
    case .completionHandler: try DatagramEngine(style: .handlers)
    case .completionAsync: try DatagramEngine(style: .tasks)
    }
  }
}
