// SPDX-License-Identifier: Apache-2.0

/// Random numbers whose whole state is a seed, so that a failure can be run again (SplitMix64).
package struct SeededNumbers: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 to below a bound.
  package mutating func next(below bound: Int) -> Int {
    Int(next() % UInt64(bound))
  }

  /// Whether something happens that does so `count` times of `outOf`.
  package mutating func chance(_ count: Int, outOf: Int) -> Bool {
    Int.random(in: 0..<outOf, using: &self) < count
  }
}
