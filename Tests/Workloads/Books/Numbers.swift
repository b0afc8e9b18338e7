/// Seeded numbers: SplitMix64 of Steele, Lea and Flood (OOPSLA 2014).
package struct Numbers: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from a range.
  mutating func within(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }

  /// A power of two, its exponent from a range.
  mutating func powerOfTwo(_ exponents: ClosedRange<Int>) -> Int {
    1 << within(exponents)
  }

  /// Whether something that happens so often in a hundred times happens now.
  mutating func chance(_ percent: Int) -> Bool {
    within(0...99) < percent
  }

  /// One of several.
  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[within(0...(elements.count - 1))]
  }

  /// Numbers for somebody else, so that nobody's depend on the order of turns.
  mutating func branch() -> Numbers {
    Numbers(seed: next())
  }
}
