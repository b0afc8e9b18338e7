// SPDX-License-Identifier: Apache-2.0

/// Remembers the last salts, so that none is taken twice, in bounded memory.
///
/// The salts are in two halves. When the newer half is full, the older one is forgotten.
public struct ReplayFilter: Sendable {
  private let halfCount: Int
  private var newer: Set<Salt> = []
  private var older: Set<Salt> = []

  /// Makes a filter that has seen no salt.
  ///
  /// - Parameter capacity: The salts that it remembers at most, 2 or more; the last half of so many
  ///   are always known.
  public init(capacity: Int) {
    precondition(capacity >= 2)
    halfCount = capacity / 2
  }

  /// The salts that are remembered.
  public var count: Int { newer.count + older.count }

  /// Takes a salt.
  ///
  /// - Parameter salt: One of a peer that has proved to know the key, so that nobody else fills the
  ///   filter; or one of our own.
  /// - Returns: Whether it is new.
  public mutating func admit(_ salt: Salt) -> Bool {
    guard !older.contains(salt) else { return false }
    guard newer.insert(salt).inserted else { return false }
    if newer.count >= halfCount {
      older = newer
      newer = []
    }
    return true
  }
}
