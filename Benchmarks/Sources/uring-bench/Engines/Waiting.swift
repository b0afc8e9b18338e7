// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// Waits of the main thread for something on another thread, with a bound.
enum Waiting {
  /// Starts `work`, which must call the function it is given once, and waits for that call.
  ///
  /// - Throws: the error it was called with; ``WaitFailure`` after `seconds`.
  static func value<Value: Sendable>(
    of what: String, seconds: Double = 10,
    _ work: (_ done: @escaping @Sendable (Result<Value, any Error>) -> Void) throws -> Void
  ) throws -> Value {
    let answer = Answer<Value>()
    try work { answer.give($0) }
    guard answer.arrived.wait(timeout: .now() + seconds) == .success, let result = answer.result
    else { throw WaitFailure(what: what) }
    return try result.get()
  }

  /// Runs `body` in a task, and waits for its end.
  ///
  /// - Throws: what `body` throws; ``WaitFailure`` after `seconds`.
  static func end<Value: Sendable>(
    of what: String, seconds: Double = 10,
    _ body: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    try value(of: what, seconds: seconds) { done in
      Task {
        do {
          done(.success(try await body()))
        } catch {
          done(.failure(error))
        }
      }
    }
  }

  private final class Answer<Value: Sendable>: Sendable {
    let arrived = DispatchSemaphore(value: 0)
    private let stored = Mutex<Result<Value, any Error>?>(nil)

    var result: Result<Value, any Error>? { stored.withLock { $0 } }

    func give(_ result: Result<Value, any Error>) {
      stored.withLock { $0 = result }
      arrived.signal()
    }
  }
}

/// Something that did not come in time.
struct WaitFailure: Error, CustomStringConvertible {
  let what: String

  var description: String { "no answer in time: \(what)" }
}
