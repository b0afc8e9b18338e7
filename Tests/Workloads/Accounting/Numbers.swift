// SPDX-License-Identifier: Apache-2.0

import SimulatedKernel

/// Random numbers that follow from a seed.
package struct Numbers: RandomNumberGenerator, Sendable {
  private var source: SeededNumbers

  package init(seed: UInt64) {
    source = SeededNumbers(seed: seed)
  }

  package mutating func next() -> UInt64 { source.next() }

  /// A number from a range.
  mutating func within(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }

  /// A power of two, its exponent from a range.
  mutating func powerOfTwo(_ exponents: ClosedRange<Int>) -> Int {
    1 << within(exponents)
  }

  /// `true` in so many of a hundred calls.
  mutating func chance(_ percent: Int) -> Bool {
    within(0...99) < percent
  }

  /// One of several.
  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[within(0...(elements.count - 1))]
  }

  /// Numbers for another task, so that the order in which tasks run changes no task's numbers.
  mutating func branch() -> Numbers {
    Numbers(seed: next())
  }
}
