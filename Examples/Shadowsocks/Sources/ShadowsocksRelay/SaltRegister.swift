// SPDX-License-Identifier: Apache-2.0

internal import ShadowsocksProtocol
internal import Synchronization

/// The salts that all loops of a program have seen.
final class SaltRegister: Sendable {
  private let filter: Mutex<ReplayFilter>

  init(capacity: Int) {
    filter = Mutex(ReplayFilter(capacity: capacity))
  }

  /// Takes a peer's salt, once.
  func admit(_ salt: Salt) throws(ShadowsocksError) {
    guard filter.withLock({ $0.admit(salt) }) else { throw .replayed }
  }

  /// Makes a salt of our own, which nobody can send back to us.
  func own() -> Salt {
    let salt = Salt.random()
    _ = filter.withLock { $0.admit(salt) }
    return salt
  }
}
