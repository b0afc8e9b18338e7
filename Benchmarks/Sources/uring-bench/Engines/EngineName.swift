// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CompletionIO

/// The engines `serve` and `compare` know, by the name the user types.
enum EngineName: String, CaseIterable, ExpressibleByArgument, Codable, Sendable {
  case completionAsync = "completion-async"
  case completionHandler = "completion-handler"
  case completionAsyncReadiness = "completion-async-readiness"
  case completionHandlerReadiness = "completion-handler-readiness"
  case readinessEpoll = "readiness-epoll"
  case readinessRing = "readiness-ring"
  case blockingThreads = "blocking-threads"
  case nio
  case nioUring = "nio-uring"

  /// The engine all others are set against.
  static let base = EngineName.readinessEpoll

  /// All of them, for help and errors.
  static var allNames: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// Whether it is made of the library's loops.
  var hasLoops: Bool {
    switch self {
    case .completionAsync, .completionHandler: true
    case .completionAsyncReadiness, .completionHandlerReadiness: true
    case .readinessEpoll, .readinessRing, .blockingThreads, .nio, .nioUring: false
    }
  }

  /// Whether each of its connections has a task.
  var hasTasks: Bool { self == .completionAsync || self == .completionAsyncReadiness }

  /// Whether its connections can be direct descriptors.
  var hasDirectDescriptors: Bool { self == .completionAsync || self == .completionHandler }

  /// Starts the engine.
  func start(_ configuration: EngineConfiguration) throws -> any EchoEngine {
    switch self {
    case .completionAsync: try CompletionEngine(configuration, style: .tasks, on: .ring)
    case .completionHandler: try CompletionEngine(configuration, style: .handlers, on: .ring)
    case .completionAsyncReadiness:
      try CompletionEngine(configuration, style: .tasks, on: .readiness)
    case .completionHandlerReadiness:
      try CompletionEngine(configuration, style: .handlers, on: .readiness)
    case .readinessEpoll: try ReadinessEngine(configuration, poller: .epoll)
    case .readinessRing: try ReadinessEngine(configuration, poller: .ring)
    case .blockingThreads: try BlockingThreadsEngine(configuration)
    case .nio: try NIOEngine(configuration)
    case .nioUring: try NIOUringEngine(configuration)
    }
  }
}
