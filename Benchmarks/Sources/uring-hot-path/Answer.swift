// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// A value that another thread gives once, and that the main thread waits for.
final class Answer<Value: Sendable>: Sendable {
  private let arrived = DispatchSemaphore(value: 0)
  private let stored = Mutex<Value?>(nil)

  func give(_ value: Value) {
    stored.withLock { $0 = value }
    arrived.signal()
  }

  /// Waits for the value.
  ///
  /// - Throws: ``Failure`` when it does not come within 20 seconds.
  func value(of what: String) throws(Failure) -> Value {
    guard arrived.wait(timeout: .now() + 20) == .success,
      let value = stored.withLock({ $0 })
    else { throw Failure("no answer in time: \(what)") }
    return value
  }
}
