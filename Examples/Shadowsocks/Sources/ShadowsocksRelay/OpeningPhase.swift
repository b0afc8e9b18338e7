// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Whether a client has yet to say what it wants.
final class OpeningPhase: Sendable {
  private let flag = Atomic(true)

  var isOn: Bool { flag.load(ordering: .relaxed) }

  func end() {
    flag.store(false, ordering: .relaxed)
  }
}
