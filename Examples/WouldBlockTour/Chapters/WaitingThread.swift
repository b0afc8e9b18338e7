// SPDX-License-Identifier: Apache-2.0

import Synchronization
import SystemPackage

/// A thread that makes one call that waits.
final class WaitingThread<Value: Sendable>: Sendable {
  private let thread: OperatingSystemThread
  private let result: Box

  private final class Box: Sendable {
    let value = Mutex<Result<Value, any Error>?>(nil)
  }

  init(_ body: @escaping @Sendable () throws -> Value) throws {
    let result = Box()
    thread = try OperatingSystemThread {
      let answer = Result { try body() }
      result.value.withLock { $0 = answer }
    }
    self.result = result
  }

  /// Returns when the kernel says that the thread sleeps: its call waits.
  func waitUntilAsleep() throws {
    try thread.waitUntilAsleep()
  }

  /// Waits for the end of the call.
  func value() throws -> Value {
    thread.join()
    guard let result = result.value.withLock({ $0 }) else {
      throw TourError("a thread ended without a result")
    }
    return try result.get()
  }
}
