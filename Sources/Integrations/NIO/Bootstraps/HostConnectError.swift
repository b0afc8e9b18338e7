// SPDX-License-Identifier: Apache-2.0

#if NIO
public import NIOCore

/// Why no address of a host could be connected to.
public struct HostConnectError: Error {
  /// The host, as the caller named it.
  public var host: String
  /// The port.
  public var port: Int
  /// Why the host has no addresses; `nil` if it has some.
  public var resolutionFailure: String?
  /// The failure of each address that was tried, in order.
  public var attempts: [Attempt] = []

  /// The failure of one address.
  public struct Attempt: Sendable {
    /// The address.
    public var address: NIOCore.SocketAddress
    /// Its failure.
    public var error: any Error
  }
}

extension HostConnectError: CustomStringConvertible {
  /// The host and each failure, in one line.
  public var description: String {
    let failures =
      resolutionFailure.map { [$0] } ?? attempts.map { "\($0.address): \($0.error)" }
    return "no connection to \(host):\(port): " + failures.joined(separator: "; ")
  }
}
#endif
