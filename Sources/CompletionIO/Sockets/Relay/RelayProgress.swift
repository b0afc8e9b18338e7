// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// The bytes that a relay has carried, counted by its directions, which may run on different
/// threads.
final class RelayProgress: Sendable {
  private let first = Atomic<UInt64>(0)
  private let second = Atomic<UInt64>(0)

  func add(_ byteCount: Int, from side: RelayError.Side) {
    switch side {
    case .first: first.add(UInt64(byteCount), ordering: .relaxed)
    case .second: second.add(UInt64(byteCount), ordering: .relaxed)
    }
  }

  func count(_ side: RelayError.Side) -> UInt64 {
    switch side {
    case .first: first.load(ordering: .relaxed)
    case .second: second.load(ordering: .relaxed)
    }
  }
}
