// SPDX-License-Identifier: Apache-2.0

/// Messages under way at once for an active share, spread over the workers.
enum ActiveWindow {
  /// In all workers together: at least one.
  static func total(share: Double, connections: Int) -> Int {
    max(1, Int((share * Double(connections)).rounded()))
  }

  /// Of worker `index`; they add up to `total`.
  static func part(of total: Int, worker index: Int, of count: Int) -> Int {
    total * (index + 1) / count - total * index / count
  }
}
