// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// Completions that nobody has taken yet, in order.
struct CompletionQueue {
  private var completions: [Completion] = []
  private var head = 0

  var count: Int { completions.count - head }
  var isEmpty: Bool { head == completions.count }

  /// In order.
  var all: ArraySlice<Completion> { completions[head...] }

  mutating func append(_ completion: Completion) {
    completions.append(completion)
  }

  /// Takes the first completions out, as many as there is room for.
  ///
  /// - Returns: How many.
  @unsafe
  mutating func take(into batch: UnsafeMutableBufferPointer<Completion>) -> Int {
    let taken = min(batch.count, count)
    for index in 0..<taken { unsafe batch[index] = completions[head + index] }
    head += taken
    if isEmpty {
      completions.removeAll(keepingCapacity: true)
      head = 0
    }
    return taken
  }
}
