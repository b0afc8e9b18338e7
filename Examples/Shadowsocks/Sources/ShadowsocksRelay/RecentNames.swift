// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO
internal import ShadowsocksProtocol

/// The addresses of names that were looked up a short time ago.
struct RecentNames {
  /// Names that are remembered at a time; one more makes all others be forgotten.
  static let limit = 256

  private struct Entry {
    let address: SocketAddress
    let end: LoopInstant
  }

  private let lifetime: Duration
  private var entries: [Target: Entry] = [:]

  /// Remembers nothing yet.
  ///
  /// - Parameter lifetime: How long a name is remembered.
  init(lifetime: Duration) {
    self.lifetime = lifetime
  }

  /// The address of a name; `nil` if it is not remembered, or no longer.
  func address(of target: Target, at now: LoopInstant) -> SocketAddress? {
    guard let entry = entries[target], now < entry.end else { return nil }
    return entry.address
  }

  /// Remembers a name's address.
  mutating func remember(_ address: SocketAddress, of target: Target, at now: LoopInstant) {
    if entries.count >= Self.limit, entries[target] == nil { entries = [:] }
    entries[target] = Entry(address: address, end: now + lifetime)
  }
}
