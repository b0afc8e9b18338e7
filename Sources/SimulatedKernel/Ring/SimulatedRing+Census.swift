// SPDX-License-Identifier: Apache-2.0

internal import Uring

// What tests check between two turns.
extension SimulatedRing {
  /// The token of each request that it has not completed, and of each completion that nobody has
  /// reaped.
  var owed: [Token] {
    var tokens = prepared.map(\.token)
    tokens += armed.keys
    tokens += notices
    for completion in completions.all { tokens.append(completion.token) }
    for completion in overflow.all { tokens.append(completion.token) }
    return tokens
  }

  /// Buffers that it has, and those that its completions carry and it does not keep.
  var bufferCount: Int {
    heldBufferCount + completions.all.count(where: \.takesBuffer)
      + overflow.all.count(where: \.takesBuffer)
  }
}

extension Completion {
  fileprivate var takesBuffer: Bool { bufferIndex != nil && !keepsBuffer }
}
