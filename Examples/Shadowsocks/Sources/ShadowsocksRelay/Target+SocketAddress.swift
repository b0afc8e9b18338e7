// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO
internal import ShadowsocksProtocol

extension Target {
  /// The target of an address; `nil` for a Unix-domain one.
  init?(_ address: SocketAddress) {
    guard let bytes = address.internetBytes, let port = address.port else { return nil }
    self.init(bytes.count == 4 ? .ipv4(bytes) : .ipv6(bytes), port: port)
  }

  /// The address of the target; `nil` for a name, unless the name is an address in text.
  var address: SocketAddress? {
    switch host {
    case .ipv4(let bytes), .ipv6(let bytes): SocketAddress(internetBytes: bytes, port: port)
    case .name(let name): (try? .ipv4(name, port: port)) ?? (try? .ipv6(name, port: port))
    }
  }
}
