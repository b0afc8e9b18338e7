// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// A server that listens, and what ends it.
public struct RunningServer: Sendable {
  /// Where it listens.
  public let address: SocketAddress
  private let end: @Sendable () async throws -> Void

  /// Makes a server of its listener; connections that are open stay.
  ///
  /// - Parameter listener: Is active; closed when the server is stopped.
  /// - Throws: ``NoAddress`` of a listener without one.
  public init(_ listener: any Channel) throws {
    self.init(at: try listener.boundAddress) { try await listener.close() }
  }

  /// Makes a server.
  ///
  /// - Parameters:
  ///   - address: Where it listens.
  ///   - end: Ends it, and returns when it has ended.
  public init(at address: SocketAddress, end: @escaping @Sendable () async throws -> Void) {
    self.address = address
    self.end = end
  }

  /// Ends the server.
  public func stop() async throws { try await end() }
}

/// A listener has no address, for instance because it is closed.
public struct NoAddress: Error {
  /// Makes an error.
  public init() {}
}

extension Channel {
  /// The address of a listener.
  ///
  /// - Throws: ``NoAddress`` if there is none.
  public var boundAddress: SocketAddress {
    get throws {
      guard let localAddress else { throw NoAddress() }
      return localAddress
    }
  }
}
