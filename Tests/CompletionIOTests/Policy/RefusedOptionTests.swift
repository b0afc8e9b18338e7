// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// Options that the caller asked for, and options that a kernel does not know.
@Suite struct RefusedOptionTests {
  private let wouldBlock = -Errno.resourceTemporarilyUnavailable.rawValue
  private let invalid = -Errno.invalidArgument.rawValue

  @Test(arguments: [
    PolicyTable.Column.accept, .receive, .receivePooled, .send, .sendMessage, .sendZeroCopy,
  ])
  func aCallerWhoAskedNotToWaitHearsThatItWould(_ column: PolicyTable.Column) {
    let answer = column.answer(wouldBlock, options: .doNotWait)
    #expect(ResubmissionPolicy.completion.verdict(for: answer) == .surface)
    #expect(ResubmissionPolicy.nonblocking.verdict(for: answer) == .surface)
    #expect(ResubmissionPolicy.retry(limit: 1).verdict(for: answer) == .resubmit)
  }

  @Test(arguments: [
    PolicyTable.Column.accept, .acceptMany, .receive, .receivePooled, .send, .sendMessage,
  ])
  func pollFirstIsDroppedWhereItIsUnknown(_ column: PolicyTable.Column) {
    for policy in PolicyTable.policies {
      let answer = column.answer(invalid, options: .pollFirst)
      #expect(policy.verdict(for: answer) == .dropCapability)
      let second = column.answer(invalid, adding: .capabilityDropped, options: .pollFirst)
      #expect(policy.verdict(for: second) == .surface)
    }
  }

  /// `IORING_ACCEPT_DONTWAIT` is of Linux 6.10; without it the accept waits, which is against
  /// what `.nonblocking` promises and all right for the others.
  @Test func notWaitingIsDroppedFromAnAcceptUnlessItIsPromised() {
    let answer = PolicyTable.Column.accept.answer(invalid, options: .doNotWait)
    #expect(ResubmissionPolicy.nonblocking.verdict(for: answer) == .surface)
    #expect(ResubmissionPolicy.retry(limit: 3).verdict(for: answer) == .dropCapability)
    let policy = ResubmissionPolicy.backoff(initial: .milliseconds(1), limit: .seconds(1))
    #expect(policy.verdict(for: answer) == .dropCapability)
    let receive = PolicyTable.Column.receive.answer(invalid, options: .doNotWait)
    #expect(policy.verdict(for: receive) == .surface)
  }

  /// Asking for it again would end in EINVAL, and the caller would see that.
  @Test(arguments: [PolicyTable.Column.accept, .acceptMany, .receive, .send])
  func aKernelThatCannotWaitFirstIsAskedAgainAfterAPause(_ column: PolicyTable.Column) {
    let policy = ResubmissionPolicy.completion
    let answer = column.answer(wouldBlock, attempt: 3, adding: .capabilityDropped)
    #expect(policy.verdict(for: answer) == .backOff(.milliseconds(4)))
    let last = column.answer(wouldBlock, attempt: 16, adding: .capabilityDropped)
    #expect(policy.verdict(for: last) == .surface)
  }

  @Test func zeroCopyIsDroppedForWantOfMemoryOrSupport() {
    for error in [Errno.noMemory, .notSupportedOnSocket, .invalidArgument] {
      for policy in PolicyTable.policies {
        let answer = PolicyTable.Column.sendZeroCopy.answer(-error.rawValue)
        #expect(policy.verdict(for: answer) == .dropCapability, "\(error)")
      }
    }
  }

  /// The newest is dropped first: multishot receives are of Linux 6.0, poll-first ones of 5.19,
  /// and with accepts it is the other way round (6.10 and 5.19).
  @Test func whatIsDroppedIsTheNewest() {
    #expect(
      dropped(.receiveMultishot(.direct(0), bufferGroup: 0, options: .pollFirst))
        == [.pollFirst, .selectBuffer])
    let messages = Request(
      .receiveMessage, on: .direct(0), options: [.selectBuffer, .multishot, .pollFirst])
    #expect(dropped(messages) == [.multishot, .selectBuffer])
    #expect(dropped(.acceptMultishot(from: .direct(0), options: .pollFirst)) == .multishot)
    #expect(dropped(.acceptMultishot(from: .direct(0))) == [])
    #expect(dropped(.accept(from: .direct(0), options: .doNotWait)) == [])
    let zeroCopy = Flight.with(Request(.sendZeroCopy, on: .direct(1), count: 9, operand: 4096))
    var flight = zeroCopy
    flight.dropCapability()
    #expect(flight.request.operation == .send)
    #expect(flight.request.operand == zeroCopy.request.operand)
    #expect(flight.request.count == 9)
    #expect(flight.facts == .capabilityDropped)
  }

  private func dropped(_ request: Request) -> Request.Options {
    var flight = Flight.with(request)
    flight.dropCapability()
    return flight.request.options
  }
}

extension Flight {
  /// A flight for tests of what is done to its request.
  static func with(_ request: Request) -> Flight {
    var table = FlightTable(capacity: 1)
    let token = table.open(request, policy: .completion, owner: nil)
    return table[token?.slot ?? 0]
  }
}
