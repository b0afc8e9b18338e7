// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// The addresses of names that a client sends datagrams to, each looked up once.
struct NamedAddresses {
  /// Names that are remembered at a time.
  static let limit = 64

  private let families: [Int32]
  private var known: [Destination: SocketAddress] = [:]

  /// Remembers nothing yet.
  ///
  /// - Parameter families: Of addresses that can be sent to.
  init(families: [Int32]) {
    self.families = families
  }

  /// The address of a destination; `nil` for a name that has none of these families, or whose
  /// look-up fails or takes too long.
  mutating func address(
    of destination: Destination, on loop: CompletionLoop, timeout: Duration
  ) async -> SocketAddress? {
    guard case .name(let name, let port) = destination else { return destination.address }
    if let address = known[destination] { return address }
    let addresses = try? await loop.resolve(host: name, port: port, timeout: timeout)
    guard let address = addresses?.first(where: { families.contains($0.family) }) else {
      return nil
    }
    if known.count == Self.limit { known = [:] }
    known[destination] = address
    return address
  }
}

extension Destination {
  /// The address, of a destination that is one.
  fileprivate var address: SocketAddress? {
    if case .address(let address) = self { address } else { nil }
  }
}
