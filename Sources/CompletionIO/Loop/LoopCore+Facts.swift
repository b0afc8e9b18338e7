// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// A loop's knowledge of an answer besides the completion.
extension LoopCore {
  /// A completion as the verdict function takes it.
  func answer(of slot: Int, _ completion: Completion) -> Answer {
    var answer = table[slot].answer(result: completion.result, hasMore: completion.hasMore)
    if isTriedOnce(slot) { answer.facts.insert(.triedOnce) }
    if answer.options.contains(.selectBuffer), answer.result < 0 {
      guard let pool = memory.pool(of: table[slot].request.bufferGroup) else {
        answer.facts.insert(.unknownGroup)
        return answer
      }
      // Buffers that the kernel has refused to note are not with it.
      if pool.kernelCount > 0, refusals.buffers.isEmpty { answer.facts.insert(.buffersWithKernel) }
    }
    return answer
  }

  /// Whether a flight's request is not to wait, which only a cancel behind it can see to.
  func isTriedOnce(_ slot: Int) -> Bool {
    forms.needsCancel(table[slot].request, in: table[slot].phase)
  }
}
