// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Workloads

/// Seeds that have found something, and what.
@Suite struct FoundSeedsTests {
  static let seeds: [(Workload, UInt64, String)] = [
    (.connectStorm, 236, "EMFILE that lasted used up the attempts of other answers to an accept"),
    (.connectStorm, 1136, "an accept that the kernel interrupted was started again without bound"),
    (.deadlineRaces, 17, "a send that the kernel interrupted was started again without bound"),
    (.deadlineRaces, 112, "ENOMEM to a send that was asked to end broke its stream"),
    (.slowReaders, 147, "a receive that the kernel interrupted was told that it was closed"),
    (.cancellationStorm, 156, "a reset that a send was told of ended the stream well"),
    (.cancellationStorm, 1722, "EINPROGRESS was told to a cancelled connect"),
    (.echo, 28, "a reset that a half-done send had swallowed ended the stream well"),
    (.proxy, 71, "the same"),
    (.cancellationStorm, 163, "the same"),
    (.proxy, 24822, "an aborted stream started a send, which its close then waited for"),
    (.deadlineRaces, 21046, "a reset that came with a deadline was told as a time-out"),
    (.deadlineRaces, 40900, "a reset that a cancelled send had swallowed ended the stream well"),
    (.deadlineRaces, 63046, "a cancelled receive was told that it would block"),
    (.deadlineRaces, 80666, "a deadline had a cancel that missed forgotten"),
    (.shutdown, 20084, "a lease that ended after its loop was counted as lost"),
    (.shutdown, 96, "bytes that a close had dropped looked like the end of the stream"),
    (.proxy, 5354, "a close waited for a send that was refused because the table was full"),
    (.echo, 26_113_639, "the checker lost patience with a kernel that took one send in a hundred"),
    (.relay, 21, "a relay that was cancelled behind the end of one direction ended well"),
    (.relay, 9517, "EPIPE behind a part told in place of a reset ended the stream well"),
    (.deadlineRaces, 26_113_602, "a policy that tries at once spun as it was told to"),
    (.datagrams, 1059, "the checker missed datagrams that were on their way at the end"),
    (.datagrams, 1343, "Unix-domain peers with full queues waited for each other"),
  ]

  @Test(arguments: seeds)
  func passes(_ found: (Workload, UInt64, String)) {
    let scenario = Scenario(
      found.0, seed: found.1, operationCount: Episode.operationCount)
    let episode = Episode(simulating: scenario)
    #expect(episode.problems == [], "\(found.2)")
  }
}
