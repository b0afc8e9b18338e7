// SPDX-License-Identifier: Apache-2.0

#if Tracing
public import CompletionIO
public import Tracing

extension SpanAttributes {
  /// Adds the addresses of a connection, by the names of OpenTelemetry.
  ///
  /// - Parameter connection: Whose addresses are added, where the kernel has told them.
  public mutating func describe(_ connection: StreamConnection) {
    let local = connection.localAddress
    let peer = connection.peerAddress
    let isUnix = (local ?? peer)?.isUnixDomain == true
    self["network.transport"] = isUnix ? "unix" : "tcp"
    add(peer, as: "network.peer")
    add(local, as: "network.local")
  }

  private mutating func add(_ address: SocketAddress?, as name: String) {
    guard let address else { return }
    self["\(name).address"] = address.host
    if let port = address.port { self["\(name).port"] = Int64(port) }
  }
}
#endif
