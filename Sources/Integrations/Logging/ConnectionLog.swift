// SPDX-License-Identifier: Apache-2.0

#if Logging
public import CompletionIO
public import Logging

/// Logs how connections fail.
///
/// ```swift
/// let log = ConnectionLog(logger)
/// try await listener.serve(onError: log.failed) { connection in … }
/// ```
public struct ConnectionLog: Sendable {
  private let logger: Logger
  private let level: Logger.Level

  /// Makes a log.
  ///
  /// - Parameters:
  ///   - logger: Takes the lines.
  ///   - level: Of errors that a program has not made itself; those that peers make by leaving are
  ///     logged at `.debug`, whatever the level.
  public init(_ logger: Logger, level: Logger.Level = .warning) {
    self.logger = logger
    self.level = level
  }

  /// Logs what the body of a connection has thrown: for `onError` of `serve`.
  ///
  /// - Parameters:
  ///   - connection: Whose body has thrown.
  ///   - error: What has been thrown.
  public func failed(_ connection: StreamConnection, _ error: any Error) {
    guard let error = error as? SocketError else {
      var metadata: Logger.Metadata = ["error": "\(error)"]
      if let peer = connection.peerAddress { metadata["peer"] = "\(peer)" }
      return logger.log(level: level, "the body of a connection has thrown", metadata: metadata)
    }
    logger.log(
      level: isOfPeer(error) ? .debug : level, "a connection has failed",
      metadata: error.logMetadata)
  }

  /// Whether a peer makes the error by going away, which every server sees every day.
  private func isOfPeer(_ error: SocketError) -> Bool {
    switch error.errno {
    case .connectionReset, .brokenPipe: true
    default: false
    }
  }
}
#endif
