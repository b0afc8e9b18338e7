// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO
@testable import Uring

// The kernel's side.
extension SoakWorld {
  typealias Reply = ScriptedKernel.Reply
  typealias Submission = ScriptedKernel.Submission

  private func socket(_ request: Request) -> SoakSocket? {
    sockets.first { $0.number == request.descriptor.rawValue }
  }

  /// Answers a request at once, or leaves it pending.
  func react(to submission: Submission) -> Reply? {
    let request = submission.request
    switch request.operation {
    case .close: checkClose(request)
    case .send where socket(request) == nil: return reactToOtherSend(request)
    case .accept: return chance(faultRate) ? fault([.tooManyOpenFiles, .interrupted]) : nil
    case .send, .sendMessage: return reactToSend(request)
    case .poll where socket(request) != nil:
      return Reply(result: 0x1)  // POLLIN: the peer has ended its half, and no more.
    case .receive where request.isMultishot && kernel.buffers.isEmpty:
      return fault([.noBufferSpace])
    default: break
    }
    return nil
  }

  private func fault(_ errors: [Errno]) -> Reply {
    Reply(result: -(errors.randomElement(using: &numbers) ?? .interrupted).rawValue)
  }

  private func reactToOtherSend(_ request: Request) -> Reply {
    if chance(faultRate) {
      return fault([.interrupted, .noMemory, .resourceTemporarilyUnavailable])
    }
    return Reply(result: 1 + Int32(numbers.next(below: Int(request.count))))
  }

  private func reactToSend(_ request: Request) -> Reply? {
    if chance(faultRate) {
      return fault([
        .resourceTemporarilyUnavailable, .interrupted, .noBufferSpace, .noMemory,
      ])
    }
    if request.options.contains(.doNotWait), chance(faultRate) {
      return fault([.resourceTemporarilyUnavailable])
    }
    // A send that may wait does, now and then.
    if !request.options.contains(.doNotWait), chance(50) { return nil }
    return taken(request)
  }

  /// Takes all or a part of a send's bytes.
  private func taken(_ request: Request) -> Reply {
    let count =
      chance(faultRate) ? 1 + numbers.next(below: Int(request.count)) : Int(request.count)
    guard let socket = socket(request) else { return Reply(result: Int32(count)) }
    if !socket.take(count, of: request) {
      fail("socket \(socket.number): byte \(socket.echoedCount) is not the one it should be")
    }
    return Reply(result: Int32(count))
  }

  private func checkClose(_ request: Request) {
    guard let socket = socket(request) else {
      if request.descriptor.rawValue > 100 { fail("\(request) is closed twice") }
      return
    }
    socket.closeCount += 1
    let busy = kernel.pending.contains { $0.request.descriptor == request.descriptor }
    if busy { fail("socket \(socket.number) is closed under an operation") }
  }

  /// Completes one pending request, chosen at random.
  func pump() {
    guard let submission = kernel.pending.randomElement(using: &numbers) else { return }
    let request = submission.request
    switch request.operation {
    case .receive where request.isMultishot: pumpReceive(submission)
    case .send, .sendMessage: kernel.answer(submission, taken(request))
    case .receive: kernel.answer(submission, Reply(result: 20))
    case .accept: kernel.answer(submission, Reply(result: 9, hasMore: chance(80)))
    default: break
    }
  }

  private func pumpReceive(_ submission: Submission) {
    guard let socket = socket(submission.request) else { return }
    if kernel.buffers.isEmpty { return kernel.answer(submission, fault([.noBufferSpace])) }
    if chance(faultRate / 3) {
      let error: Errno = chance(50) ? .interrupted : chance(50) ? .canceled : .noMemory
      return kernel.answer(
        submission, Reply(result: -error.rawValue, takesBuffer: chance(50)))
    }
    let left = socket.byteCount - socket.deliveredCount
    guard left > 0 else { return kernel.answer(submission, Reply(result: 0)) }
    let count = min(left, 1 + numbers.next(below: pool.bufferSize))
    unsafe socket.deliver(count, to: pool.memory(of: kernel.buffers[0]))
    kernel.answer(
      submission,
      Reply(result: Int32(count), hasMore: chance(100 - faultRate), takesBuffer: true))
  }

  /// A completion of a flight that has long ended, or never was.
  func postStale() {
    let slot = numbers.next(below: 300)
    let isReceive = chance(50)
    let token = Token(slot: slot, generation: 0, operation: isReceive ? .receive : .accept)
    kernel.post(token, Reply(result: isReceive ? 5 : 9, takesBuffer: isReceive))
  }
}
