// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO

extension SocketAddress {
  /// The same host with another port; `nil` for a Unix-domain address.
  func with(port: UInt16) -> SocketAddress? {
    internetBytes.flatMap { SocketAddress(internetBytes: $0, port: port, scope: scope) }
  }

  /// All hosts of the same family, with port 0; `nil` for a Unix-domain address.
  var wildcard: SocketAddress? {
    internetBytes.flatMap { bytes in
      SocketAddress(internetBytes: [UInt8](repeating: 0, count: bytes.count), port: 0)
    }
  }
}
