// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import SimulatedKernel

@Suite struct ByteQueueTests {
  /// Appends and removes pieces of all sizes, so that the ring wraps and grows, against an array.
  @Test func keepsBytesInOrder() {
    var numbers = SimulatedKernel.SeededNumbers(seed: 7)
    var queue = ByteQueue()
    var expected: [UInt8] = []
    let source = Memory(numbered(600))
    let target = Memory(numbered(600))
    for _ in 0..<2000 {
      if numbers.below(2) == 0 {
        let (start, count) = (numbers.below(300), numbers.below(300))
        queue.append(UInt(bitPattern: unsafe source.start + start), count)
        expected += source.bytes[start..<(start + count)]
      } else {
        let count = numbers.below(min(queue.count, 600) + 1)
        queue.removeFirst(count, to: UInt(bitPattern: unsafe target.start))
        #expect(Array(target.bytes.prefix(count)) == Array(expected.prefix(count)))
        expected.removeFirst(count)
      }
      let count = queue.count
      #expect(count == expected.count)
    }
  }

  @Test func movesBytesToAnother() {
    let source = Memory(numbered(250))
    let target = Memory(numbered(250))
    var first = ByteQueue()
    var second = ByteQueue()
    let address = UInt(bitPattern: unsafe source.start)
    first.append(address, 250)
    first.removeFirst(200, to: &second)
    first.append(address, 200)
    first.removeFirst(250, to: &second)
    let counts = [first.count, second.count]
    #expect(counts == [0, 450])
    second.removeFirst(250, to: UInt(bitPattern: unsafe target.start))
    #expect(target.bytes == source.bytes)
    second.removeFirst(200, to: UInt(bitPattern: unsafe target.start))
    #expect(target.bytes.prefix(200) == source.bytes.prefix(200))
  }
}
