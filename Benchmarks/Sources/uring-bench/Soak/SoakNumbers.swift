// SPDX-License-Identifier: Apache-2.0

/// Random numbers whose whole state is a seed, so that a soak can be run again (SplitMix64).
struct SoakNumbers: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// The numbers of one lane in one phase, whatever the others do.
  init(seed: UInt64, phase: Int, lane: Int) {
    var mixing = SoakNumbers(seed: seed)
    for number in [phase, lane] {
      mixing.state = mixing.next() ^ UInt64(bitPattern: Int64(number))
    }
    state = mixing.next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// A number from `range`, each power of two as likely as the next.
  mutating func spread(over range: ClosedRange<Int>) -> Int {
    let low = range.lowerBound.bitWidth - range.lowerBound.leadingZeroBitCount - 1
    let high = range.upperBound.bitWidth - range.upperBound.leadingZeroBitCount - 1
    let power = 1 << Int.random(in: low...high, using: &self)
    let number = power + Int.random(in: 0..<power, using: &self)
    return min(max(number, range.lowerBound), range.upperBound)
  }

  /// Whether something happens that does so `count` times of `outOf`.
  mutating func chance(_ count: Int, outOf: Int) -> Bool {
    Int.random(in: 0..<outOf, using: &self) < count
  }
}
