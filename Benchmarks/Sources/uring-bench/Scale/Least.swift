// SPDX-License-Identifier: Apache-2.0

/// Search in a range of numbers of which the smaller ones fail and the larger ones hold.
enum Least {
  /// The least number that holds; the last one if none does.
  static func number(in range: ClosedRange<Int>, where holds: (Int) -> Bool) -> Int {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high {
      let middle = low + (high - low) / 2
      if holds(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
