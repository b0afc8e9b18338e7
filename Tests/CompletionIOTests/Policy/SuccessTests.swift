// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

@testable import CompletionIO

/// Answers that are no errors.
@Suite struct SuccessTests {
  private typealias Column = PolicyTable.Column

  @Test(arguments: [PolicyTable.Column.send, .sendZeroCopy])
  func aPartialSendGoesOn(_ column: PolicyTable.Column) {
    for policy in PolicyTable.policies {
      let expected: Verdict = policy == .nonblocking ? .surface : .sendRest
      for attempt in [1, 16, 1000] {
        #expect(policy.verdict(for: column.answer(99, attempt: attempt)) == expected)
      }
      #expect(policy.verdict(for: column.answer(100)) == .surface)
    }
  }

  /// The part that went out is counted, and the send has failed.
  @Test(arguments: [PolicyTable.Column.send, .sendZeroCopy])
  func aPartialSendThatIsCancelledHasFailed(_ column: PolicyTable.Column) {
    for policy in PolicyTable.policies {
      for phase in [Answer.Phase.request, .notification] {
        for result: Int32 in [0, 1, 99] {
          let answer = column.answer(result, in: phase, adding: .cancelRequested)
          #expect(policy.verdict(for: answer) == .surfaceAs(.canceled))
          #expect(answer.movedByteCount == UInt32(result))
        }
        let whole = column.answer(100, in: phase, adding: .cancelRequested)
        #expect(policy.verdict(for: whole) == .surface)
      }
    }
  }

  @Test func aSendThatMovesNothingIsTriedALimitedNumberOfTimes() {
    let policy = ResubmissionPolicy.completion
    #expect(policy.verdict(for: Column.send.answer(0, attempt: 15)) == .sendRest)
    #expect(policy.verdict(for: Column.send.answer(0, attempt: 16)) == .surface)
  }

  @Test func anEmptySendIsDone() {
    #expect(ResubmissionPolicy.completion.verdict(for: Answer(to: .send, result: 0)) == .surface)
  }

  @Test func aGatheredSendIsGatheredAgainByItsSender() {
    for policy in PolicyTable.policies {
      #expect(policy.verdict(for: Column.sendMessage.answer(1)) == .surface)
    }
  }

  @Test(arguments: [PolicyTable.Column.acceptMany, .receiveMany, .receiveMessages])
  func aMultishotRequestThatEndsWithASuccessIsArmedAgain(_ column: PolicyTable.Column) {
    for policy in PolicyTable.policies {
      #expect(policy.verdict(for: column.answer(7)) == .surfaceAndRearm)
      #expect(policy.verdict(for: column.answer(7, adding: .hasMore)) == .surface)
      #expect(policy.verdict(for: column.answer(7, adding: .cancelRequested)) == .surface)
    }
  }

  @Test func descriptorZeroIsASuccess() {
    let verdict = ResubmissionPolicy.completion.verdict(for: Column.acceptMany.answer(0))
    #expect(verdict == .surfaceAndRearm)
  }

  @Test func theEndOfAStreamIsTheEnd() {
    for policy in PolicyTable.policies {
      #expect(policy.verdict(for: Column.receiveMany.answer(0)) == .surface)
    }
  }

  @Test func anEmptyDatagramIsNoEnd() {
    for policy in PolicyTable.policies {
      for column in [Column.receiveMany, .receiveMessages] {
        let answer = column.answer(0, adding: .datagram)
        #expect(policy.verdict(for: answer) == .surfaceAndRearm, "\(column)")
      }
    }
  }

  /// Behind its header nothing but the buffer tells whether a stream has ended.
  @Test func aMessageOfAStreamIsToldToTheCaller() {
    let many: Request.Options = [.selectBuffer, .multishot]
    for policy in PolicyTable.policies {
      let answer = Answer(to: .receiveMessage, result: 16, options: many)
      #expect(policy.verdict(for: answer) == .surface)
    }
  }

  @Test func aRequestForOneAnswerIsNotArmedAgain() {
    for policy in PolicyTable.policies {
      for column in [
        Column.accept, .receive, .receivePooled, .receiveMessage, .connect, .read, .poll,
      ] {
        #expect(policy.verdict(for: column.answer(5)) == .surface, "\(column)")
      }
    }
  }
}
