// SPDX-License-Identifier: Apache-2.0

package import Uring

// What tests check between two turns.
extension ReadinessKernel where Calls: ~Copyable {
  /// The token of each request that it has not completed, and of each completion that nobody has
  /// reaped.
  package var owed: [Token] {
    var tokens = preparedTokens
    tokens += waiting.tokens
    tokens += timers.tokens
    for completion in completions.all { tokens.append(completion.token) }
    return tokens
  }

  /// Buffers that it has, and those that its completions carry.
  package var bufferCount: Int {
    buffers.count + completions.all.count { $0.bufferIndex != nil }
  }
}
