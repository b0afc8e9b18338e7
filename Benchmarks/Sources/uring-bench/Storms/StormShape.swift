// SPDX-License-Identifier: Apache-2.0

/// How large the parts of the storms are.
struct StormShape: Codable, Equatable, Sendable {
  /// What each peer sends in a burst.
  var burstBytes = 4096
  /// How much echo a slow reader asks for at most.
  var askedBytes = 1 << 20
  /// What a slow reader reads at once.
  var slowBytes = 512
  /// How often each slow reader reads, and each dripping peer sends.
  var rounds = 8
  /// Nanoseconds of such a round.
  var round: UInt64 = 500_000_000
  /// Nanoseconds without a byte after which nothing is expected to move by itself.
  var stillness: UInt64 = 500_000_000

  /// The usual storms, with rounds of so many seconds.
  init(roundSeconds: Double = 0.5) { round = MonotonicClock.nanoseconds(roundSeconds) }

  /// Bytes that a server may have to keep for one peer.
  func bytesOfPeer(_ storm: StormName) -> Int {
    switch storm {
    case .connect, .disconnect, .drip, .descriptors: rounds
    case .burst: burstBytes
    case .slowReaders: askedBytes
    }
  }
}
