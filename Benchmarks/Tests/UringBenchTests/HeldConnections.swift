// SPDX-License-Identifier: Apache-2.0

import Glibc

@testable import uring_bench

/// A server that answers the byte that opens a connection, and does as told with all connections.
struct HeldConnections {
  let port: UInt16

  /// - Parameters:
  ///   - count: Connections that it waits for.
  ///   - body: Is called with all of them; they are closed when the other end has closed them.
  /// - Throws: SystemFailure.
  init(_ count: Int, _ body: @escaping @Sendable ([Int32]) -> Void) throws {
    let listener = try TCP.listen(at: try IPv4Endpoint(host: "127.0.0.1", port: 0), backlog: 64)
    port = listener.port
    try SmallThread.start {
      let connections = (0..<count).map { _ in
        let connection = accept(listener.descriptor, nil, nil)
        Self.send(Self.receive(1, from: connection), to: connection)
        return connection
      }
      close(listener.descriptor)
      body(connections)
      for connection in connections {
        _ = Self.receive(1, from: connection)
        close(connection)
      }
    }
  }

  static func receive(_ count: Int, from connection: Int32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    _ = unsafe recv(connection, &bytes, count, Int32(MSG_WAITALL))
    return bytes
  }

  static func send(_ bytes: [UInt8], to connection: Int32) {
    _ = unsafe Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }
}
