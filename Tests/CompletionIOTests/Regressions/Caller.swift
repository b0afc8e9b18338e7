// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization

@testable import CompletionIO

/// A task on a scripted loop, and how it ended.
final class Caller: Sendable {
  private let result: Mutex<Result<Void, any Error>?>
  private let task: Mutex<Task<Void, Never>?> = Mutex(nil)

  init(
    _ fixture: LoopFixture, _ body: @escaping @Sendable (CompletionLoop) async throws -> Void
  ) throws {
    result = Mutex(nil)
    let loop = fixture.loop
    let task = Task(executorPreference: loop) { [self] in
      let end: Result<Void, any Error>
      do {
        end = .success(try await body(loop))
      } catch {
        end = .failure(error)
      }
      result.withLock { $0 = end }
    }
    self.task.withLock { $0 = task }
  }

  func cancel() { task.withLock { $0?.cancel() } }

  var hasEnded: Bool { result.withLock { $0 != nil } }

  /// What it threw; `nil` if it has not ended or ended well.
  var error: SocketError? {
    result.withLock { result in
      if case .failure(let error) = result { error as? SocketError } else { nil }
    }
  }
}
