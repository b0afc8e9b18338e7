// SPDX-License-Identifier: Apache-2.0

public import CompletionIO

/// The sockets of a server, for streams and datagrams, at one address.
public struct ServerSockets: Sendable {
  /// Accepts the clients' streams.
  public let listener: StreamListener
  /// Receive the clients' datagrams, one for each loop.
  public let datagrams: [DatagramSocket]

  /// How often a port of the kernel's choice may be taken by others' datagrams.
  private static let attemptCount = 8

  /// Binds the sockets.
  ///
  /// - Parameters:
  ///   - address: With port 0 the kernel chooses one for streams, which datagrams then have too.
  ///   - group: Has the sockets.
  /// - Returns: The sockets.
  /// - Throws: `SocketError`, EADDRINUSE for example.
  public static func bind(
    to address: SocketAddress, on group: CompletionLoopGroup
  ) async throws(SocketError) -> ServerSockets {
    var attempt = 1
    while true {
      let listener = try await StreamListener.bind(to: address, on: group)
      do throws(SocketError) {
        let datagrams = try await DatagramSocket.bind(to: listener.localAddress, on: group)
        return ServerSockets(listener: listener, datagrams: datagrams)
      } catch {
        await listener.close()
        let mayTryAgain = address.port == 0 && attempt < attemptCount
        guard mayTryAgain, error.errno == .addressInUse else { throw error }
      }
      attempt += 1
    }
  }
}
