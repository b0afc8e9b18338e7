// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// What a loop does in more steps on a kernel that lacks the newer forms of requests.
@Suite struct OlderKernelTests {
  private let fixture: LoopFixture

  init() throws { fixture = try LoopFixture(features: KernelFeatures.requiredByLoop) }

  @Test func aWouldBlockIsFollowedByAPollAndThenTriedAgain() throws {
    fixture.kernel.reply(to: .send, -Errno.resourceTemporarilyUnavailable.rawValue, 4)
    // POLLOUT is also the number of bytes asked for, and must not pass for it.
    fixture.kernel.reply(to: .poll, 0x4)
    let send = try fixture.start(.made(.send, byteCount: 4))
    fixture.settle()
    let requests = fixture.kernel.submissions.map(\.request)
    #expect(requests.map(\.operation) == [.send, .poll, .send])
    #expect(requests[1].count == 0x4)
    #expect(requests[2].options == [])
    #expect(send.end?.byteCount == 4)
    #expect(send.end?.result == 4)
  }

  @Test func aReceiveTakesNoBufferBeforeThereAreBytes() throws {
    let receive = try fixture.start(
      .receive(Descriptor(rawValue: 7, isDirect: false), bufferGroup: 0))
    fixture.turnWithoutWaiting()
    #expect(fixture.kernel.submissions.map(\.request.operation) == [.poll])
    #expect(fixture.kernel.submissions.map(\.request.count) == [0x1])
    let token = try #require(fixture.kernel.pending.first?.token)
    fixture.kernel.reply(to: .receive, 5)
    fixture.kernel.pending.removeAll()
    fixture.kernel.post(token, ScriptedKernel.Reply(result: 0x1))
    fixture.settle()
    #expect(fixture.kernel.submissions.map(\.request.operation) == [.poll, .receive])
    #expect(receive.end?.result == 5)
  }

  @Test func aPollThatFailsIsTheAnswer() throws {
    fixture.kernel.reply(to: .poll, -Errno.badFileDescriptor.rawValue)
    let receive = try fixture.start(.made(.receive, options: .pollFirst, byteCount: 9))
    fixture.settle()
    #expect(receive.end?.error == .badFileDescriptor)
    #expect(fixture.kernel.submissions.count == 1)
  }

  @Test func aPollThatIsInterruptedIsPolledAgainButNotForEver() throws {
    fixture.kernel.observer = { _, _ in
      ScriptedKernel.Reply(result: -Errno.interrupted.rawValue)
    }
    let receive = try fixture.start(.made(.receive, options: .pollFirst, byteCount: 9))
    fixture.settle()
    #expect(receive.end?.error == .interrupted)
    #expect(fixture.kernel.submissions.count == ResubmissionPolicy.attemptLimit)
  }

  @Test func anEndDuringThePollEndsTheOperation() throws {
    let receive = try fixture.start(.made(.receive, options: .pollFirst, byteCount: 9))
    fixture.turnWithoutWaiting()
    fixture.end(receive)
    fixture.settle()
    #expect(receive.end?.error == .canceled)
    #expect(fixture.kernel.submissions.map(\.request.operation) == [.poll, .cancel])
  }

  @Test func aDeadlineDuringThePollEndsTheOperation() throws {
    let receive = try fixture.start(
      .made(.receive, options: .pollFirst, byteCount: 9), timeout: .milliseconds(3))
    fixture.run(for: .milliseconds(10))
    #expect(receive.end?.isTimedOut == true)
  }

  @Test(arguments: [ResubmissionPolicy.nonblocking, .completion])
  func anAcceptThatIsNotToWaitIsCancelledBehindItsTry(_ policy: ResubmissionPolicy) throws {
    let accept = try fixture.start(.made(.accept, options: .doNotWait), policy: policy)
    fixture.settle()
    let requests = fixture.kernel.submissions.map(\.request)
    #expect(requests.map(\.operation) == [.accept, .cancel])
    #expect(requests[0].options == [], "the kernel would refuse the option")
    #expect(accept.end?.error == .resourceTemporarilyUnavailable)
    #expect(accept.end?.attempts == 1)
  }

  @Test func anAcceptThatFindsAConnectionKeepsIt() throws {
    fixture.kernel.reply(to: .accept, 9)
    let accept = try fixture.start(.made(.accept), policy: .nonblocking)
    fixture.settle()
    #expect(accept.end?.result == 9)
    #expect(fixture.loop.statistics.controlFailures == 0)
  }

  @Test func anAcceptIsTriedAsOftenAsThePolicySays() throws {
    let accept = try fixture.start(.made(.accept), policy: .retry(limit: 2))
    fixture.settle()
    #expect(accept.end?.error == .resourceTemporarilyUnavailable)
    #expect(accept.end?.attempts == 3)
    #expect(fixture.kernel.submissions(of: .cancel).count == 3)
  }

  @Test(arguments: [Errno.noSuchFileOrDirectory, .alreadyInProcess])
  func theCancelOfAnAcceptThatIsAtWorkIsRepeated(_ error: Errno) throws {
    fixture.kernel.refuse(.cancel, error, error)
    let accept = try fixture.start(.made(.accept), policy: .nonblocking)
    fixture.settle()
    #expect(accept.end?.error == .resourceTemporarilyUnavailable)
    #expect(fixture.kernel.submissions(of: .cancel).count == 3)
  }

  @Test func aCancelThatMissedIsNotForTheNextOneInThePlace() throws {
    fixture.kernel.reply(to: .accept, 9)
    let first = try fixture.start(.made(.accept), policy: .nonblocking)
    var second: Recorded?
    first.then = { _ in second = try? fixture.start(.made(.accept), policy: .nonblocking) }
    fixture.settle()
    #expect(first.end?.result == 9)
    #expect(second?.token?.slot == first.token?.slot)
    #expect(second?.end?.error == .resourceTemporarilyUnavailable)
    #expect(fixture.kernel.submissions(of: .cancel).count == 2, "one for each")
  }

  @Test func anAcceptThatIsEndedByItsOwnerIsCancelled() throws {
    fixture.kernel.refuse(.cancel, .alreadyInProcess)
    let accept = try fixture.start(.made(.accept), policy: .nonblocking)
    fixture.turnWithoutWaiting()
    fixture.end(accept)
    fixture.run(for: .milliseconds(10))
    #expect(accept.end?.error == .canceled)
  }

  @Test func anAcceptAsksNotToWaitWhereTheKernelCan() throws {
    let fixture = try LoopFixture()
    fixture.kernel.refuse(.accept, .resourceTemporarilyUnavailable)
    let accept = try fixture.start(.made(.accept), policy: .nonblocking)
    fixture.settle()
    #expect(accept.end?.error == .resourceTemporarilyUnavailable)
    #expect(fixture.kernel.submissions.map(\.request.options) == [.doNotWait])
  }

  @Test func aSendThatCannotTellHowFarItCameIsSentInParts() throws {
    fixture.kernel.reply(to: .send, 3, 1)
    let send = try fixture.start(.made(.send, options: .waitForAll, byteCount: 4))
    fixture.settle()
    #expect(fixture.kernel.submissions.map(\.request.options) == [[], []])
    #expect(send.end?.byteCount == 4)
    let newer = RequestForms([.sendMessageZeroCopy])
    #expect(newer.starting(.made(.send, options: .waitForAll)).options == .waitForAll)
  }

  @Test func aReceiveThatIsNotToWaitDoesNotWaitForItsBufferEither() {
    let started = { (features: KernelFeatures, options: Request.Options) in
      RequestForms(features).starting(.made(.receive, options: options)).options
    }
    #expect(started([], .selectBuffer) == [.selectBuffer, .pollFirst])
    #expect(started([], [.selectBuffer, .doNotWait]) == [.selectBuffer, .doNotWait, .pollFirst])
    #expect(started([.pollFirst], [.selectBuffer, .doNotWait]) == [.selectBuffer, .doNotWait])
    #expect(started([.bufferRing], .selectBuffer) == .selectBuffer)
  }

  @Test(arguments: [ResubmissionPolicy.nonblocking, .retry(limit: 2)])
  func aReceiveThatIsNotToWaitTakesNoBufferBeforeThereAreBytes(
    _ policy: ResubmissionPolicy
  ) throws {
    let receive = try fixture.start(
      .made(.receive, options: [.selectBuffer, .doNotWait, .pollFirst]), policy: policy)
    fixture.settle()
    let tries = policy == .nonblocking ? 1 : 3
    #expect(receive.end?.error == .resourceTemporarilyUnavailable)
    #expect(receive.end?.attempts == tries)
    #expect(fixture.kernel.submissions(of: .receive).isEmpty)
    #expect(fixture.kernel.submissions(of: .poll).count == tries)
    #expect(fixture.kernel.submissions(of: .cancel).count == tries)
  }

  @Test func aReceiveThatIsNotToWaitTakesWhatThePollHasFound() throws {
    fixture.kernel.reply(to: .poll, 1)
    fixture.kernel.reply(to: .receive, 5)
    let receive = try fixture.start(
      .made(.receive, options: [.selectBuffer, .doNotWait, .pollFirst]), policy: .nonblocking)
    fixture.settle()
    #expect(receive.end?.result == 5)
    let requests = fixture.kernel.submissions(of: .receive).map(\.request)
    #expect(requests.map(\.options) == [.selectBuffer], "it would lose its buffer")
  }

  @Test func waitsFirstWhereTheKernelCan() {
    let needs = { (features: KernelFeatures) in
      [Uring.Operation.receive, .accept].map { operation in
        RequestForms(features).needsPoll(.made(operation, options: .pollFirst))
      }
    }
    #expect(needs([]) == [true, true])
    #expect(needs([.pollFirst]) == [false, true])
    #expect(needs([.pollFirst, .acceptPollFirst]) == [false, false])
    #expect(!RequestForms([]).needsPoll(.made(.receive)))
  }
}
