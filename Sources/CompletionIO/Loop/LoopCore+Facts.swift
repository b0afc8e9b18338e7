internal import SystemPackage
internal import Uring

// What a loop knows of an answer besides the completion.
extension LoopCore {
  /// A completion as the verdict function takes it.
  func answer(of slot: Int, _ completion: Completion) -> Answer {
    var answer = table[slot].answer(result: completion.result, hasMore: completion.hasMore)
    if isTriedOnce(slot) { answer.facts.insert(.triedOnce) }
    if answer.result == 0, hasSendUnderWay(beside: slot) { answer.facts.insert(.sendUnderWay) }
    return answer
  }

  /// Whether a flight's request is not to wait, which only a cancel behind it can see to.
  func isTriedOnce(_ slot: Int) -> Bool {
    table[slot].phase == .request && forms.needsCancel(table[slot].request)
  }

  private func hasSendUnderWay(beside slot: Int) -> Bool {
    guard table[slot].request.operation == .receive else { return false }
    return unsafe table[slot].owner?._withUnsafeGuaranteedRef { $0.hasSendUnderWay } ?? false
  }
}
