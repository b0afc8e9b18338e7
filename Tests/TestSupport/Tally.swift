// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A number that several tasks add to.
package final class Tally: Sendable {
  private let number = Atomic<Int>(0)

  package init() {}

  package var value: Int { number.load(ordering: .sequentiallyConsistent) }

  @discardableResult
  package func add(_ count: Int = 1) -> Int {
    number.add(count, ordering: .sequentiallyConsistent).newValue
  }
}
