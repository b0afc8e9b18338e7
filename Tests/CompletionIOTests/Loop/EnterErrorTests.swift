// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO
@testable import Uring

/// io_uring_enter(2) itself can fail; nothing that was prepared is lost by it.
@Suite struct EnterErrorTests {
  @Test(arguments: [
    Errno.resourceTemporarilyUnavailable, .resourceBusy, .interrupted, .noMemory,
  ])
  func preparedRequestsStayPrepared(_ error: Errno) throws {
    let fixture = try LoopFixture()
    fixture.kernel.enterErrors = [error, error]
    let receive = try fixture.start(.made(.receive, byteCount: 10))
    fixture.turn(2)
    #expect(fixture.kernel.submissions.isEmpty)
    #expect(fixture.kernel.preparedCount == 1)
    let isCounted = EnterVerdict(for: error) == .reapAndRetry
    #expect(fixture.loop.statistics.enterFailures == (isCounted ? 2 : 0))
    fixture.turn()
    #expect(fixture.kernel.submissions.count == 1)
    try fixture.kernel.complete(.receive, 10)
    fixture.turn()
    #expect(receive.results == [10])
  }

  @Test func completionsAreReapedAllTheSame() throws {
    let fixture = try LoopFixture()
    let receive = try fixture.start(.made(.receive, byteCount: 10))
    fixture.turn()
    try fixture.kernel.complete(.receive, 10)
    fixture.kernel.enterErrors = [.resourceBusy]
    fixture.turn()
    #expect(receive.results == [10])
  }

  @Test func timersGoOn() throws {
    let fixture = try LoopFixture()
    let ends = Tally()
    LoopTimer(on: fixture.loop) { ends.add() }.start(.microseconds(1))
    fixture.kernel.enterErrors = Array(repeating: .interrupted, count: 20)
    fixture.turn(21)
    #expect(ends.value == 1)
  }

  @Test(arguments: [53, 17, 77] as [Int32])
  func whatCannotBeAccountedForEndsTheProcess(_ error: Int32) async {
    await #expect(processExitsWith: .failure) { [error] in
      let fixture = try LoopFixture()
      fixture.kernel.enterErrors = [Errno(rawValue: error)]
      fixture.turn()
    }
  }
}
