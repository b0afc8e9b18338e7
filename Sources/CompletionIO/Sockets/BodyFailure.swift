// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
internal import SystemPackage
internal import Uring

/// Decides whether what the body of a connection has thrown is worth a look.
enum BodyFailure {
  /// Whether connections end so every day: the peer has gone or is silent, or this program has
  /// cancelled the body, closed the connection or stopped the loop.
  static func isOrdinary(_ error: any Error) -> Bool {
    switch error {
    case let error as SocketError: isOrdinary(error)
    case let error as RelayError: isOrdinary(error.error)
    case let error as LoopError: isOrdinary(error)
    default: error is CancellationError
    }
  }

  private static func isOrdinary(_ error: SocketError) -> Bool {
    switch error.cause {
    case .timeout, .cancellation, .closed, .loopStopped, .endOfStream: true
    case .kernel: peerEnds.contains(error.errno)
    case .finished, .busy, .badAddress, .tableFull, .badValue, .directDescriptor, .wrongThread,
      .unresolved, .unsuitable, .tooLong, .file, .descriptors:
      false
    }
  }

  private static func isOrdinary(_ error: LoopError) -> Bool {
    switch error.reason {
    case .stopped, .cancelled, .timedOut: true
    case .tableFull, .wrongThread, .waitsForItself, .unsuitableSignal: false
    }
  }

  /// What the kernel says of a connection whose peer has gone.
  private static let peerEnds: Set<Errno> = [
    .connectionReset, .brokenPipe, .connectionAbort, .timedOut, .noRouteToHost,
    .networkUnreachable,
  ]
}

/// Tells on standard error of the first failure that a call of `serve` would drop in silence.
///
/// Once, because a peer may be able to make a body throw as often as it likes.
final class BodyFailureNotice: Sendable {
  private let isTold = Atomic<Bool>(false)

  func tell(_ error: any Error, of connection: StreamConnection) {
    guard !isTold.exchange(true, ordering: .relaxed) else { return }
    let peer = connection.peerAddress.map { " with \($0)" } ?? ""
    let line = """
      swift-uring: the body of a connection\(peer) has thrown: \(error) (this is told once; \
      LoopStatistics.bodyFailures counts, and onError of serve is called with each error)

      """
    _ = try? FileDescriptor.standardError.writeAll(line.utf8)
  }
}
