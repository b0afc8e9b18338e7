// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Where bytes begin to differ from those that were expected.
///
/// For more than some thousand bytes: of two arrays that differ, Swift Testing works out which
/// elements were inserted and removed, and of a megabyte that takes minutes.
///
/// - Returns: The index of the first byte that differs; the smaller count when one is the
///   beginning of the other; `nil` when they are equal.
package func firstDifference(
  _ received: some Collection<UInt8>, _ expected: some Collection<UInt8>
) -> Int? {
  if isSameMemory(received, expected) { return nil }
  var (left, right) = (received.makeIterator(), expected.makeIterator())
  var index = 0
  while let byte = left.next() {
    if right.next() != byte { return index }
    index += 1
  }
  return right.next() == nil ? nil : index
}

/// Whether two arrays hold the same: what is nearly always so, without a look at every element,
/// which takes a debug build long.
private func isSameMemory(
  _ received: some Collection<UInt8>, _ expected: some Collection<UInt8>
) -> Bool {
  guard received.count == expected.count else { return false }
  let order = received.withContiguousStorageIfAvailable { received in
    expected.withContiguousStorageIfAvailable { expected -> Int32? in
      guard let left = received.baseAddress, let right = expected.baseAddress else { return nil }
      return unsafe memcmp(left, right, received.count)
    }
  }
  return order == 0
}

/// Bytes that are not those that were sent.
package struct WrongBytes: Error, CustomStringConvertible {
  package let description: String

  /// `nil` if they are.
  package init?(received: [UInt8], expected: [UInt8]) {
    guard let place = firstDifference(received, expected) else { return nil }
    description = "\(received.count) bytes of \(expected.count), wrong from \(place)"
  }
}
