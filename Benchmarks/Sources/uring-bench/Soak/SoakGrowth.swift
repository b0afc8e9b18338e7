// SPDX-License-Identifier: Apache-2.0

/// Judges whether an amount of memory grows over the quiescent points of a soak.
struct SoakGrowth: Sendable {
  /// What is measured, for the verdict's words.
  let name: String
  /// Bytes by which any point may be above the first.
  let tolerance: UInt64
  /// Bytes by which the last third of a long soak may be above the middle third.
  let drift: UInt64

  /// The fault of the last of `points`, in words; `nil` if there is none.
  ///
  /// A step is allowed, within the tolerance: memory that is used for the first time. A slope is
  /// not: the last third above the middle one, and rising. The first third is left out, because what
  /// is used rarely is used there for the first time.
  func fault(_ points: [UInt64]) -> String? {
    guard let first = points.first, let last = points.last else { return nil }
    if last > first + tolerance {
      return "\(name) is \(last - first) bytes above its start, \(tolerance) allowed"
    }
    let third = points.count / 3
    guard third >= 2 else { return nil }
    let before = Self.median(points.suffix(2 * third).prefix(third))
    let end = points.suffix(third)
    let isRising = Self.median(end.suffix(third / 2)) > Self.median(end.prefix(third / 2))
    let level = Self.median(end)
    guard level > before + drift, isRising else { return nil }
    return "\(name) has grown by \(level - before) bytes over the last two thirds of the points"
  }

  private static func median(_ values: ArraySlice<UInt64>) -> UInt64 {
    let sorted = values.sorted()
    return sorted[sorted.count / 2]
  }
}
