// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// EMFILE waits for a close, or backs off; a multishot accept that is armed again at once would
/// fail at once, even with nobody waiting (io_accept).
@Suite struct DescriptorScarcityTests {
  @Test(arguments: [Errno.tooManyOpenFiles, .tooManyOpenFilesInSystem])
  func itIsPausedForAndNotSpunOn(_ error: Errno) throws {
    let fixture = try LoopFixture()
    fixture.kernel.observer = { _, submission in
      submission.request.operation == .accept
        ? ScriptedKernel.Reply(result: -error.rawValue) : nil
    }
    let accept = try fixture.start(.acceptMany())
    fixture.run(for: .seconds(10))
    #expect(accept.outcomes.isEmpty)
    // 1 + 2 + … + 64 ms, then ten a second, each with the enter that waits.
    #expect(fixture.kernel.submissions.count <= 110)
    #expect(fixture.kernel.enterCount <= 2 * 110 + 10)
  }

  @Test func aCloseEndsThePause() throws {
    let fixture = try LoopFixture()
    fixture.kernel.refuse(.accept, Array(repeating: .tooManyOpenFiles, count: 9))
    let accept = try fixture.start(.acceptMany())
    fixture.run(for: .milliseconds(280))  // Now it pauses for 100 ms at a time.
    let count = fixture.kernel.submissions.count
    let before = fixture.kernel.now
    fixture.loop.close(.file(FileDescriptor(rawValue: 40)))
    fixture.turn()
    let next = fixture.kernel.submissions.dropFirst(count).map(\.request.operation)
    #expect(next == [.close, .accept])
    #expect(fixture.kernel.now - before < 1_000_000)
    try fixture.kernel.complete(.accept, 40, hasMore: true)
    fixture.turn()
    #expect(accept.results == [40])
  }

  @Test func aCloseWakesAllOnceAndInOrder() throws {
    let fixture = try LoopFixture()
    fixture.kernel.refuse(.accept, Array(repeating: .tooManyOpenFiles, count: 3))
    for number: Int32 in 1...3 { _ = try fixture.start(.acceptMany(on: number)) }
    fixture.turn()
    for _ in 0..<2 { fixture.loop.close(.file(FileDescriptor(rawValue: 40))) }
    fixture.turn()
    let again = fixture.kernel.submissions(of: .accept).dropFirst(3)
    #expect(again.map(\.request.descriptor.rawValue) == [1, 2, 3])
    fixture.run(for: .seconds(1))
    #expect(fixture.kernel.submissions(of: .accept).count == 6)
  }

  /// Without a close the line must not grow with each pause.
  @Test func theLineHasAPlaceForEachFlightAndNoMore() throws {
    let fixture = try LoopFixture()
    fixture.kernel.observer = { _, submission in
      submission.request.operation == .accept
        ? ScriptedKernel.Reply(result: -Errno.tooManyOpenFiles.rawValue) : nil
    }
    _ = try fixture.start(.acceptMany())
    fixture.run(for: .seconds(10))
    #expect(fixture.loop.core.descriptorLine.count <= 1)
  }

  @Test func aDeadlineEndsThePause() throws {
    let fixture = try LoopFixture()
    fixture.kernel.observer = { _, _ in
      ScriptedKernel.Reply(result: -Errno.tooManyOpenFiles.rawValue)
    }
    let accept = try fixture.start(.acceptMany(), timeout: .milliseconds(500))
    fixture.run(for: .milliseconds(499))
    #expect(accept.outcomes.isEmpty)
    fixture.run(for: .milliseconds(2))
    #expect(accept.end?.error == .timedOut)
    #expect(fixture.loop.core.descriptorLine.count == 0)
  }
}
