// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// Whether and when a bind whose address is in use tries again.
///
/// A process that dies by a signal leaves its ring to the kernel, which takes it down later, in a
/// worker (io_ring_exit_work): its listener holds the address for 5 to 40 ms after the process is
/// gone. So a server that is started again at once finds its address in use.
struct BindRetry {
  /// The time between two attempts.
  static let pause = Duration.milliseconds(10)

  private let mayRetry: Bool
  private var remaining: Duration
  /// Attempts that have failed.
  private(set) var attemptCount = 0

  /// - Parameters:
  ///   - address: A path is not tried again unless a stale one is removed: its file stays.
  ///   - options: How long to try.
  init(of address: SocketAddress, _ options: SocketOptions) {
    mayRetry = !address.isPath || options.removesStalePath
    remaining = options.bindRetryLimit
  }

  /// Counts a failure and tells the pause before the next attempt; `nil` if there is to be none.
  mutating func pause(after error: SocketError) -> Duration? {
    attemptCount += 1
    guard mayRetry, error.cause == .kernel, error.errno == .addressInUse, remaining > .zero else {
      return nil
    }
    let pause = min(Self.pause, remaining)
    remaining -= pause
    return pause
  }
}

extension SocketAddress {
  /// Whether this is a Unix-domain path, whose file stays when its socket is closed (unix(7)).
  var isPath: Bool { isUnixDomain && description != "unix:" && !description.hasPrefix("unix:@") }
}
