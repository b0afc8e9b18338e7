// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension BindRetry {
  /// Binds, and tries again for a moment while the address is in use.
  ///
  /// - Parameters:
  ///   - address: The address, for errors.
  ///   - options: How long to try.
  ///   - loop: Its clock times the pauses; it is never blocked.
  ///   - body: One attempt.
  /// - Returns: What the attempt that worked returned.
  /// - Throws: The last attempt's error, which counts all; ECANCELED, ESHUTDOWN.
  static func binding<Bound>(
    to address: SocketAddress, _ options: SocketOptions, on loop: CompletionLoop,
    _ body: () throws(SocketError) -> Bound
  ) async throws(SocketError) -> Bound {
    var retry = BindRetry(of: address, options)
    while true {
      let failure: SocketError
      do throws(SocketError) {
        return try body()
      } catch {
        failure = error
      }
      guard let pause = retry.pause(after: failure) else {
        throw failure.with(attempts: retry.attemptCount)
      }
      do throws(LoopError) {
        try await loop.sleep(for: pause)
      } catch {
        guard error.reason == .cancelled else { throw .loopStopped(.bind) }
        throw SocketError(.bind, .canceled, cause: .cancellation, peer: address)
      }
    }
  }
}
