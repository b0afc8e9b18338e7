// SPDX-License-Identifier: Apache-2.0

package import CompletionIO

/// Runs a body with loops of its own, and ends them whatever the body does.
package func withLoops<Result>(
  _ count: Int = 1, _ change: (inout LoopConfiguration) -> Void = { _ in },
  _ body: (CompletionLoopGroup) async throws -> Result
) async throws -> Result {
  var configuration = LoopConfiguration()
  // Many suites make loops at the same time; each pays for its buffers.
  configuration.bufferCount = 32
  change(&configuration)
  let group = try CompletionLoopGroup(count: count, configuration: configuration)
  do {
    let result = try await body(group)
    await group.close()
    return result
  } catch {
    await group.close()
    throw error
  }
}

extension LoopConfiguration {
  /// Has streams receive into sixteen buffers that the kernel fills in pieces, where it can; into
  /// smaller ones than others, so that arrivals often go over the end of one.
  package static func inPieces(_ configuration: inout Self) {
    configuration.incrementalBufferSize = configuration.bufferCount * configuration.bufferSize / 16
  }
}

extension CompletionLoop {
  /// Asks something on the loop's thread.
  package func ask<Answer: Sendable>(
    _ question: @escaping @Sendable () -> Answer
  ) async -> Answer {
    await withCheckedContinuation { continuation in
      perform { continuation.resume(returning: question()) }
    }
  }

  /// Waits, turn by turn of the loop, until something holds there.
  package func until(_ condition: @escaping @Sendable () -> Bool) async {
    while await !ask(condition) { await Task.yield() }
  }
}
